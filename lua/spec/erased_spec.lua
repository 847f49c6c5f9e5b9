local support = require "lua.spec.support"

local erased = support.load("imgfilter.erased", {
    ["imgfilter.problem"] = { new = function(code, more) return code .. ": " .. more.detail end },
})

describe("an erased task", function()
    it("is read from the database's error", function()
        local problem = erased.of_error("ERROR:  imgfilter task: erased\nCONTEXT:  PL/pgSQL")
        assert.equal("gone: this task was erased", problem)
        assert.is_nil(erased.of_error("ERROR:  imgfilter image: gone\n"))
        assert.is_nil(erased.of_error("connection refused"))
    end)
end)
