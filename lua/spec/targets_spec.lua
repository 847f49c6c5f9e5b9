local support = require "lua.spec.support"

local targets = support.load("imgfilter.targets", {
    ["imgfilter.problem"] = { new = function(code, more) more.code = code return more end },
})

describe("a refusal of the database", function()
    it("names the option that is no active target", function()
        local problem = targets.of_error("ERROR:  imgfilter address: sms\nCONTEXT:  PL/pgSQL")
        assert.equal("unverified_target", problem.code)
        assert.equal("sms", problem.field)
    end)

    it("names the limit", function()
        local problem = targets.of_error("ERROR:  imgfilter targets: too many 20\nCONTEXT:  PL/pgSQL")
        assert.same({ "too_many_targets", 20, "targets" }, { problem.code, problem.limit, problem.field })
        for whose, limit in pairs({ target = 5, owner = 20 }) do
            problem = targets.of_error("ERROR:  imgfilter codes: " .. whose .. " " .. limit)
            assert.same({ "too_many_codes", limit, 86400 }, { problem.code, problem.limit, problem.retry_after })
        end
    end)

    it("is none if it speaks of something else", function()
        for _, err in ipairs({ "", "connection refused", "imgfilter targets: too many", "imgfilter quota: bytes 3" }) do
            assert.is_nil(targets.of_error(err), err)
        end
    end)
end)
