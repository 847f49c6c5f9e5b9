local support = require "lua.spec.support"

local links = support.load("imgfilter.links", {
    ["ngx.semaphore"] = {}, ["resty.lrucache"] = { new = function() return {} end }, ["imgfilter.config"] = {},
    ["imgfilter.database"] = {}, ["imgfilter.keys"] = {}, ["imgfilter.native"] = {}, ["imgfilter.problem"] = {},
})

describe("a link", function()
    it("names its file so that no name breaks out of its header", function()
        assert.equal("inline; filename=\"photo 1.jpg\"; filename*=UTF-8''photo%201.jpg",
            links.disposition("inline", "photo 1.jpg"))
        assert.equal("attachment; filename=\"a__b___.jpg\"; filename*=UTF-8''a%22%3Bb%0D%0A%5C.jpg",
            links.disposition("attachment", "a\";b\r\n\\.jpg"))
        assert.equal("inline; filename=\"Gr__.png\"; filename*=UTF-8''Gr%C3%BC.png",
            links.disposition("inline", "Grü.png"))
    end)

    it("ends by this machine's clock, however the database's goes", function()
        local row = { seconds = 90, object_key = "r/1", sha256 = "ab", format = "png", filename = "a.png" }
        local link = links.made_of(row, 1000)
        assert.equal(1090, link.ends)
        assert.equal("r/1", link.object)
        assert.equal("image/png", link.mime)
        assert.equal("ab image/png", link.about)
        assert.equal("inline", link.shown:match("^%w+"))
        assert.equal("attachment", link.saved:match("^%w+"))
        assert.equal(0, links.made_of({ gone = true, seconds = 90 }, 1000).ends)
    end)

    it("is shown only if its type is one of ours", function()
        local row = { seconds = 90, object_key = "r/1", sha256 = "ab", format = "svg", filename = "a.svg" }
        local link = links.made_of(row, 1000)
        assert.equal("application/octet-stream", link.mime)
        assert.equal("attachment", link.shown:match("^%w+"))
    end)
end)
