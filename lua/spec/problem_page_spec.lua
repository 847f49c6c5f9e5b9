local support = require "lua.spec.support"

local function load(public_url)
    return support.load("imgfilter.problem_page", { ["imgfilter.config"] = { public_url = public_url } })
end

local page = load("https://img.example")
local FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

describe("a problem as a page", function()
    it("is for those who come by a browser", function()
        assert.is_true(page.wanted("GET", FIREFOX))
        assert.is_true(page.wanted("HEAD", "text/html"))
        assert.is_false(page.wanted("POST", FIREFOX))
        assert.is_false(page.wanted("GET", nil))
        assert.is_false(page.wanted("GET", "*/*"))
        assert.is_false(page.wanted("GET", "application/json, text/html;q=0.5"))
        assert.is_false(page.wanted("GET", "text/html, application/problem+json"))
    end)

    it("shows a stranger's words as words", function()
        local detail = [[no "x" & 'y' %1 {{home}} <script>]]
        local html = page.render({ status = 404, title = "<b>", detail = detail })
        assert.truthy(html:find("<h1>&lt;b&gt;</h1>", 1, true))
        assert.truthy(html:find("<p>no &quot;x&quot; &amp; &#39;y&#39; %1 {{home}} &lt;script&gt;</p>", 1, true))
        assert.falsy(html:find("<script", 1, true))
    end)

    it("leads home, also where the service lies below a path", function()
        local problem = { status = 410, title = "Gone" }
        assert.truthy(page.render(problem):find('href="/docs/docs.css"', 1, true))
        assert.truthy(load("https://img.example/f").render(problem):find('href="/f/docs/docs.css"', 1, true))
    end)
end)
