-- The pages for people (nginx/www): what a browser is told beside a file, which nginx sends itself.

local answer = require "imgfilter.answer"
local config = require "imgfilter.config"

local M = {}

-- What a page may load and whom it may ask: this service, and nobody else. Pictures are also made in the page.
-- `results` is where clients are sent for results, or nil where they come from here.
local function policy(results)
    local here = results and "'self' " .. results or "'self'"
    return table.concat({
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src " .. here .. " blob: data:",
        "connect-src " .. here,
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    }, "; ")
end

-- The value of Content-Security-Policy with each page.
function M.policy()
    return policy(config.downloads == "redirect" and config.presigned_base or nil)
end

-- Lets a request for a file go on, or ends it. `caching` is what Cache-Control says of it: "no-cache" has browsers ask
-- each time whether their copy is still the server's, so that a page and a script of two versions never meet.
function M.open(caching)
    answer.allow("GET", "HEAD")
    ngx.header["Cache-Control"] = caching
    ngx.header["Content-Security-Policy"] = M.policy()
end

return M
