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

-- A worker of an edge that is asked for a link while the database is asked for its row; `meanwhile` happens then.
local function worker(meanwhile)
    local this = { now = 1000, purges = 1, rows = {}, asked = 0, at_hand = {} }
    rawset(_G, "ngx", {
        time = function() return this.now end,
        shared = {
            edge = { get = function() return this.purges end },
            links = {
                get = function(_, link)
                    local row = this.rows[link]
                    if row then
                        return row.text, row.told
                    end
                end,
                set = function(_, link, text, life, told)
                    this.rows[link] = { text = text, life = life, told = told }
                    if this.on_set then this.on_set() end
                end,
                delete = function(_, link) this.rows[link] = nil end,
            },
        },
    })
    this.links = support.load("imgfilter.links", {
        ["cjson.safe"] = { encode = function() end, decode = function() return this.row end },
        ["ngx.semaphore"] = { new = function() return {} end },
        ["resty.lrucache"] = { new = function()
            return {
                get = function() end,
                set = function(_, token, link, life) this.at_hand[token] = { link = link, life = life } end,
            }
        end },
        ["imgfilter.config"] = { link_memory = 60 },
        ["imgfilter.database"] = { call = function()
            this.asked = this.asked + 1
            meanwhile(this)
            return "row"
        end },
        ["imgfilter.keys"] = {}, ["imgfilter.problem"] = {},
        ["imgfilter.native"] = { call = function() return { link = "link" } end },
    })
    this.row = { seconds = 90, object_key = "r/1", sha256 = "ab", format = "png", filename = "a.png" }
    return this
end

describe("what is known of a link", function()
    after_each(function() rawset(_G, "ngx", nil) end)

    it("counts from when it was asked for", function()
        local this = worker(function(edge) edge.now = edge.now + 7 end)
        local link = this.links.find("token")
        assert.equal(1090, link.ends)
        assert.same({ text = "row", life = 53, told = 1000 }, this.rows.link)
        assert.equal(53, this.at_hand.token.life)
    end)

    it("is not remembered at all if the answer took as long as it may be", function()
        local this = worker(function(edge) edge.now = edge.now + 60 end)
        assert.equal(1090, this.links.find("token").ends)
        assert.same({}, this.rows)
        assert.same({}, this.at_hand)
    end)

    it("is not remembered if a purge was told while it was asked for", function()
        local this = worker(function(edge) edge.purges = edge.purges + 1 end)
        assert.equal(1090, this.links.find("token").ends)
        assert.same({}, this.rows)
        assert.same({}, this.at_hand)
    end)

    it("is not remembered either if that came at the very last", function()
        local this = worker(function() end)
        this.on_set = function() this.purges = this.purges + 1 end
        this.links.find("token")
        assert.same({}, this.rows)
        assert.same({}, this.at_hand)
    end)

    it("is asked for anew by who comes after a purge, though an answer from before it is under way", function()
        local second
        local this = worker(function(edge)
            if edge.asked == 1 then
                edge.purges = edge.purges + 1
                second = edge.links.find("token")
            end
        end)
        this.links.find("token")
        assert.equal(2, this.asked)
        assert.equal(1090, second.ends)
        assert.equal("row", this.rows.link.text, "and that answer is kept")
    end)
end)
