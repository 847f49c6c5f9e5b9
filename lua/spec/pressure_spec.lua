local support = require "lua.spec.support"

local MIB = 1048576

local function load(settings)
    return support.load("imgfilter.pressure", {
        ["imgfilter.breaker"] = {
            database = { code = "database_unavailable", is_open = function() return settings.database_is_away end },
            storage = { code = "storage_unavailable", is_open = function() return settings.storage_is_away end },
        },
        ["imgfilter.config"] = {
            max_queue = settings.max_queue or 0, max_queue_age = settings.max_queue_age or 0,
            spool_reserve = settings.spool_reserve or 0, max_body = 100 * MIB,
        },
        ["imgfilter.database"] = {}, ["imgfilter.native"] = {}, ["imgfilter.s3"] = {}, ["imgfilter.threads"] = {},
        ["imgfilter.problem"] = { new = function(code, more)
            return { code = code, limit = more and more.limit }
        end },
    })
end

-- The code for which an upload of so many bytes is refused, and the limit that it names.
local function refusal(settings, measured, bytes)
    rawset(_G, "ngx", { shared = { edge = { get = function(_, name) return measured[name] end } } })
    local ran, problem = pcall(load(settings).refusal, bytes)
    rawset(_G, "ngx", nil)
    assert(ran, problem)
    return problem and problem.code, problem and problem.limit
end

describe("an upload", function()
    it("is refused while more wait than may, or one waits longer", function()
        local settings = { max_queue = 10, max_queue_age = 60 }
        assert.is_nil(refusal(settings, { ["queue waiting"] = 10, ["queue age"] = 60 }))
        assert.same({ "queue_full", 10 }, { refusal(settings, { ["queue waiting"] = 11, ["queue age"] = 0 }) })
        assert.same({ "queue_full", 60 }, { refusal(settings, { ["queue waiting"] = 1, ["queue age"] = 60.5 }) })
        assert.is_nil(refusal({}, { ["queue waiting"] = 1e6, ["queue age"] = 1e6 }), "no limits")
    end)

    it("is refused if it would leave less room than has to stay", function()
        local settings = { spool_reserve = 10 * MIB }
        local free = { ["spool free"] = 30 * MIB }
        assert.is_nil(refusal(settings, free, 20 * MIB))
        assert.equal("spool_full", refusal(settings, free, 20 * MIB + 1))
        assert.equal("spool_full", refusal(settings, free, nil), "as large as is allowed, for all we know")
        assert.is_nil(refusal(settings, { ["spool free"] = 110 * MIB }, nil))
    end)

    it("is refused while the database or the storage is away", function()
        assert.equal("database_unavailable", refusal({ database_is_away = true }, {}))
        assert.equal("storage_unavailable", refusal({ storage_is_away = true }, {}))
    end)

    it("is not refused for what nobody knows", function()
        assert.is_nil(refusal({ max_queue = 1, max_queue_age = 1, spool_reserve = 1 }, {}, 1))
    end)
end)
