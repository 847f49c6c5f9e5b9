local support = require "lua.spec.support"

local keys = support.load("imgfilter.keys", {
    ["imgfilter.config"] = {}, ["imgfilter.database"] = {}, ["imgfilter.native"] = {}, ["imgfilter.problem"] = {},
})

describe("the token of an Authorization header", function()
    it("is what follows Bearer, in any case", function()
        for _, header in ipairs({ "Bearer imgf_a-B_9", "bearer imgf_a-B_9", "BEARER   imgf_a-B_9 " }) do
            assert.equal("imgf_a-B_9", keys.token(header), header)
        end
    end)

    it("is not there without the header, nor in another scheme", function()
        for _, header in ipairs({ "", " ", "Basic YTpi", "Bearerimgf_x" }) do
            assert.is_nil(keys.token(header), header)
        end
        assert.is_nil(keys.token(nil))
    end)

    it("is refused if no key looks like that", function()
        for _, token in ipairs({ "", " ", " a b", " a,b", ' "a"', " a\0", " \255" }) do
            assert.is_false(keys.token("Bearer" .. token), token)
        end
        assert.is_false(keys.token("imgf_x"), "its scheme was forgotten")
    end)
end)

describe("the channels of a key", function()
    it("are those of its scopes", function()
        assert.same({ "email", "sms" }, keys.channels({ "upload", "sms", "notify", "email" }))
        assert.is_nil(keys.channels({ "upload", "notify" }))
        assert.is_nil(keys.channels({}))
    end)
end)

describe("the network that an address is counted under", function()
    it("is the address itself for IPv4, however it is written", function()
        assert.equal("\192\0\2\1", keys.network("\192\0\2\1"))
        assert.equal("\192\0\2\1", keys.network(("\0"):rep(10) .. "\255\255\192\0\2\1"))
    end)

    it("is the first half of it for IPv6", function()
        local half = "\32\1\13\184\0\0\10\0"
        assert.equal(half, keys.network(half .. ("\1"):rep(8)))
        assert.equal(half, keys.network(half .. ("\255"):rep(8)))
        assert.equal(("\0"):rep(8), keys.network(("\0"):rep(15) .. "\1"), "the loopback")
    end)

    it("is one for all who come over a socket", function()
        assert.equal("", keys.network(""))
    end)
end)
