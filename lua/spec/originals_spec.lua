local support = require "lua.spec.support"

local originals = support.load("imgfilter.originals", {
    ["imgfilter.problem"] = { new = function(code, more) return code .. " " .. more.field end },
})

describe("a kept original", function()
    it("that may not be used is read from the database's error", function()
        assert.equal("gone image", originals.of_error("ERROR:  imgfilter image: gone\nCONTEXT:  PL/pgSQL"))
        assert.equal("not_found image", originals.of_error("ERROR:  imgfilter image: unknown\n"))
        assert.is_nil(originals.of_error("imgfilter image: blurred"))
        assert.is_nil(originals.of_error("connection refused"))
    end)
end)
