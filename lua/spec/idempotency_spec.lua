local support = require "lua.spec.support"

local idempotency = support.load("imgfilter.idempotency", {
    ["imgfilter.problem"] = { new = function(code) return code end },
})

describe("an Idempotency-Key", function()
    it("is short and visible", function()
        assert.is_nil(idempotency.key(nil))
        for _, key in ipairs({ "a", '"8e03978e-40d5-43dd-bc93-6894a57f9324"', ("~"):rep(255) }) do
            assert.equal(key, idempotency.key(key))
        end
        for _, key in ipairs({ "", "a b", "a\t", "\255", "a\0", ("a"):rep(256) }) do
            local good, problem = idempotency.key(key)
            assert.is_nil(good, key)
            assert.equal("invalid_idempotency_key", problem, key)
        end
    end)

    it("that cannot be taken is read from the database's error", function()
        assert.equal("idempotency_key_reused", idempotency.of_error("ERROR:  imgfilter idempotency: reused\nCONTEXT:"))
        assert.equal("idempotency_key_in_use", idempotency.of_error("ERROR:  imgfilter idempotency: in use\n"))
        assert.is_nil(idempotency.of_error("imgfilter idempotency: gone"))
        assert.is_nil(idempotency.of_error("connection refused"))
    end)
end)
