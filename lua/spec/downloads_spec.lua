local support = require "lua.spec.support"

local downloads = support.load("imgfilter.downloads", {
    ["imgfilter.answer"] = {}, ["imgfilter.config"] = { cdn_max_age = 60 }, ["imgfilter.links"] = {},
    ["imgfilter.native"] = {}, ["imgfilter.problem"] = {},
})

describe("a download", function()
    it("is never kept longer than its link lives", function()
        assert.equal("public, max-age=7, s-maxage=7", downloads.cache_control(7))
        assert.equal("public, max-age=3600, s-maxage=60", downloads.cache_control(3600))
        assert.equal("public, max-age=86400, s-maxage=60", downloads.cache_control(7776000))
    end)

    it("finds the token in its path", function()
        local token = ("A"):rep(46)
        assert.equal(token, downloads.token("/d/" .. token .. "/a.jpg"))
        for _, path in ipairs({
            "/d/", "/d/" .. token, "/d/" .. token .. "/", "/d/" .. token .. "A/a.jpg", "/d/" .. token .. "/a/b",
            "/d/" .. token:sub(2) .. "/a.jpg", "/d//" .. token .. "/a",
        }) do
            assert.is_nil(downloads.token(path), path)
        end
    end)

    it("is saved where that is asked for", function()
        for _, query in ipairs({ "download", "download=1", "a=b&download", "download&a", "download=" }) do
            assert.is_true(downloads.is_to_be_saved(query), query)
        end
        for _, query in ipairs({ "", "downloads", "a=download", "xdownload=1" }) do
            assert.is_false(downloads.is_to_be_saved(query), query)
        end
        assert.is_false(downloads.is_to_be_saved(nil))
    end)
end)
