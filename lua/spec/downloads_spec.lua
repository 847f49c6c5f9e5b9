local support = require "lua.spec.support"

local downloads = support.load("imgfilter.downloads", {
    ["imgfilter.answer"] = {}, ["imgfilter.database"] = {}, ["imgfilter.native"] = {}, ["imgfilter.problem"] = {},
})

describe("a download", function()
    it("is named so that no name breaks out of its header", function()
        assert.equal("inline; filename=\"photo 1.jpg\"; filename*=UTF-8''photo%201.jpg",
            downloads.disposition("inline", "photo 1.jpg"))
        assert.equal("attachment; filename=\"a__b___.jpg\"; filename*=UTF-8''a%22%3Bb%0D%0A%5C.jpg",
            downloads.disposition("attachment", "a\";b\r\n\\.jpg"))
        assert.equal("inline; filename=\"Gr__.png\"; filename*=UTF-8''Gr%C3%BC.png",
            downloads.disposition("inline", "Grü.png"))
    end)

    it("is never kept longer than its link lives", function()
        assert.equal("public, max-age=7, s-maxage=7", downloads.cache_control(7))
        assert.equal("public, max-age=3600, s-maxage=60", downloads.cache_control(3600))
        assert.equal("public, max-age=86400, s-maxage=60", downloads.cache_control(7776000))
    end)
end)
