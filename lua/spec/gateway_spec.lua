local support = require "lua.spec.support"

local gateway = support.load("imgfilter.gateway", { ["imgfilter.config"] = {}, ["imgfilter.native"] = {} })

local ID = "01930000-0000-7000-8000-000000000001"
local ORIGINAL = "/o/202611/" .. ID
local RESULT = "/r/202702/" .. ID .. ".jpg"

describe("the gateway", function()
    it("writes originals and reads results, and nothing else", function()
        assert.is_true(gateway.allows("PUT", ORIGINAL))
        assert.is_true(gateway.allows("GET", RESULT))
        assert.is_true(gateway.allows("HEAD", RESULT))
        assert.is_true(gateway.allows("HEAD", "/"))
        for _, refused in ipairs({
            { "GET", ORIGINAL }, { "PUT", RESULT }, { "DELETE", ORIGINAL }, { "GET", "/" }, { "POST", ORIGINAL },
            { "PUT", "/o/202611/../" .. ID }, { "PUT", ORIGINAL .. "/x" }, { "PUT", "/x" .. ORIGINAL },
            { "GET", "/r/202702/" .. ID .. ".JPG" }, { "GET", RESULT .. "?acl" }, { "PUT", ORIGINAL .. "\n" },
        }) do
            assert.is_false(gateway.allows(refused[1], refused[2]), refused[1] .. " " .. refused[2])
        end
    end)

    it("takes plain names under the spool", function()
        assert.is_true(gateway.is_spool_name("0000000001"))
        assert.is_true(gateway.is_spool_name("1/00/0000000001"))
        for _, name in ipairs({
            "", "/etc/passwd", "../x", "a/../b", "a/..", ".hidden", "a//b", "a/", "a\0b", "a b", "a%2fb", "a\nb",
            ("a"):rep(256),
        }) do
            assert.is_false(gateway.is_spool_name(name), name)
        end
        assert.is_false(gateway.is_spool_name(nil))
    end)
end)
