local support = require "lua.spec.support"

-- Of some day.
local NOON = 20780 * 86400 + 43200

local quotas = support.load("imgfilter.quotas", {
    ["imgfilter.problem"] = { new = function(code, more) more.code = code return more end },
})

-- What nginx gives: the time, and a memory in which nothing ends.
local function with_nginx(test)
    local memory = {}
    local keys = {
        get = function(_, name) return memory[name] end,
        set = function(_, name, value) memory[name] = value end,
    }
    rawset(_G, "ngx", { time = function() return NOON end, shared = { keys = keys } })
    local ran, err = pcall(test)
    rawset(_G, "ngx", nil)
    assert(ran, err)
end

describe("a quota", function()
    it("of a day begins anew at midnight in UTC", function()
        assert.equal(86400, quotas.rest_of_day(0))
        assert.equal(43200, quotas.rest_of_day(NOON))
        assert.equal(1, quotas.rest_of_day(NOON + 43199))
    end)

    it("that is used up is read from the database's error", function()
        with_nginx(function()
            local problem = quotas.of_error("Error: ERROR:  imgfilter quota: bytes 1000\nCONTEXT:  PL/pgSQL")
            assert.same({ code = "bytes_quota_exceeded", detail = "1000 bytes a day are allowed", limit = 1000,
                          retry_after = 43200, quota = "bytes" }, problem)
            local open = quotas.of_error("ERROR:  imgfilter quota: open_tasks 3")
            assert.equal("open_tasks_exceeded", open.code)
            assert.is_nil(open.retry_after)
        end)
        for _, err in ipairs({ "", "connection refused", "imgfilter quota: patience 3", "imgfilter quota: bytes" }) do
            assert.is_nil(quotas.of_error(err), err)
        end
    end)

    it("that is used up is remembered for its caller and its limit", function()
        with_nginx(function()
            local caller = { owner = "acme", quota = { requests = 5, bytes = 10 } }
            assert.is_nil(quotas.spent(caller))
            quotas.remember(caller, quotas.problem("bytes", 10))
            assert.is_nil(quotas.spent(caller), "a smaller image may still be taken")
            quotas.remember(caller, quotas.problem("requests", 5))
            assert.equal("requests_quota_exceeded", quotas.spent(caller).code)
            assert.is_nil(quotas.spent({ owner = "acme", quota = { requests = 6 } }))
            assert.is_nil(quotas.spent({ owner = "acme" }))
            assert.is_nil(quotas.spent({ client = "acme", quota = { requests = 5 } }))
        end)
    end)
end)
