local support = require "lua.spec.support"

local database = support.load("imgfilter.database", {
    ["imgfilter.breaker"] = {}, ["imgfilter.config"] = {}, ["imgfilter.idempotency"] = {}, ["imgfilter.originals"] = {},
    ["imgfilter.problem"] = {}, ["imgfilter.quotas"] = {},
    ["imgfilter.targets"] = {}, ["imgfilter.threads"] = {},
})

describe("a bounded connection string", function()
    it("is made of key words", function()
        assert.equal(
            "host=/run/pg dbname=x connect_timeout=5 tcp_user_timeout=5000 application_name=imgfilter-edge"
                .. " options='-c statement_timeout=5000'",
            database.bounded("host=/run/pg dbname=x", 5))
    end)

    it("is made of a URL, with and without a query", function()
        local bounds = "connect_timeout=2&tcp_user_timeout=500&application_name=imgfilter-edge"
            .. "&options=-c%20statement_timeout%3D500"
        assert.equal("postgresql://a@h/x?" .. bounds, database.bounded("postgresql://a@h/x", 0.5))
        assert.equal("postgres://h/x?sslmode=require&" .. bounds,
            database.bounded("postgres://h/x?sslmode=require", 0.5))
    end)
end)

describe("a call", function()
    local clock, counted

    -- The module, with threads that answer as told after so many seconds.
    local function call(seconds, ...)
        local results = { n = select("#", ...), ... }
        counted = nil
        local threads = {
            NOT_MADE = "not made",
            run_if = function()
                clock = clock + seconds
                return unpack(results, 1, results.n)
            end,
        }
        local loaded = support.load("imgfilter.database", {
            ["imgfilter.breaker"] = { database = {
                is_open = function() return false end,
                count = function(_, well) counted = well end,
            } },
            ["imgfilter.config"] = { database = "host=x", database_timeout = 5 },
            ["imgfilter.idempotency"] = { of_error = function() return nil end },
            ["imgfilter.problem"] = { new = function(code) return { code = code } end },
            ["imgfilter.quotas"] = { of_error = function(err)
                return err:match("quota") and { code = "quota" }
            end },
            ["imgfilter.targets"] = { of_error = function() return nil end },
            ["imgfilter.threads"] = threads, ["imgfilter.trace"] = { log = function() end },
        })
        return loaded.call("task_view", "x")
    end

    before_each(function()
        clock = 0
        local function now() return clock end
        rawset(_G, "ngx", { now = now, update_time = function() end })
    end)

    after_each(function()
        rawset(_G, "ngx", nil)
    end)

    it("that is answered is a success, be it with nothing", function()
        assert.equal("{}", call(0, "{}"))
        assert.is_true(counted)
        assert.is_nil(call(0, nil))
        assert.is_true(counted)
    end)

    it("that is refused is one too", function()
        local _, problem = call(0, nil, "ERROR: quota", "told")
        assert.same({ code = "quota", refused = true }, problem)
        assert.is_true(counted)
        _, problem = call(0, nil, "ERROR: a mistake", "told")
        assert.equal("database_unavailable", problem.code)
        assert.is_true(counted)
    end)

    it("without a connection, or that took all the time there is, is a failure", function()
        local _, problem = call(0, nil, "connection refused")
        assert.same({ code = "database_unavailable" }, problem)
        assert.is_false(counted)
        call(5, nil, "canceling statement due to statement timeout", "told")
        assert.is_false(counted)
        call(6, nil, "no answer in 6 s")
        assert.is_false(counted)
    end)

    it("that was never made says nothing", function()
        local _, problem = call(0, nil, "too many wait", "not made")
        assert.equal("database_unavailable", problem.code)
        assert.is_nil(counted)
    end)
end)
