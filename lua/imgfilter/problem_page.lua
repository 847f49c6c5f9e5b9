-- A problem as a page, for people whose browser has led them to one.

local config = require "imgfilter.config"

local M = {}

local PAGE = [[
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{title}}</title>
<link rel="icon" href="{{home}}icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{{home}}docs/docs.css">
</head>
<body class="problem">
<main>
<p class="status">{{status}}</p>
<h1>{{title}}</h1>
<p>{{detail}}</p>
<p><a href="{{home}}">Filter an image</a></p>
</main>
</body>
</html>
]]

local ESCAPED = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

-- Whether a page is what the request's sender can read: browsers that are led to an address name HTML and never JSON,
-- while scripts and programs take anything or ask for JSON, be it beside HTML.
function M.wanted(method, accept)
    local reads = method == "GET" or method == "HEAD"
    return reads and accept ~= nil and accept:find("text/html", 1, true) ~= nil and not accept:find("json", 1, true)
end

-- Where the service begins, as the browser sees it: the path of IMGFILTER_PUBLIC_URL.
local function home()
    return config.public_url:match("^%a+://[^/]*(.*)$") .. "/"
end

-- `problem` is a decoded one: status, title and detail.
function M.render(problem)
    local words = { status = problem.status, title = problem.title, detail = problem.detail, home = home() }
    return (PAGE:gsub("{{(%w+)}}", function(name)
        return (tostring(words[name] or ""):gsub("[&<>\"']", ESCAPED))
    end))
end

return M
