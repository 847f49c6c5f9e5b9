-- GET /d/{token}/{filename}: lets those through whose link lives, and says what goes with the bytes, which come
-- through the gateway, or from this nginx's cache in front of it.
--
-- Every download comes through here: what need not be done for each is done once a link, in links.lua.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local config = require "imgfilter.config"
local links = require "imgfilter.links"
local native = require "imgfilter.native"
local problems = require "imgfilter.problem"

local M = {}

-- Characters of a token, and where it stands in a path: /d/{token}/{filename}.
local TOKEN_LENGTH = 46
local FIRST, LAST = 4, 3 + TOKEN_LENGTH
local SLASH = 47

-- How long a browser may keep a result, in seconds. It has been shown it, so this takes nothing back.
local BROWSER_CACHE_LIFE = 86400

-- What nearly every download says: its link lives on for longer than anybody may keep it.
local usual

-- Never beyond the link's life.
function M.cache_control(seconds_left)
    if seconds_left >= BROWSER_CACHE_LIFE and seconds_left >= config.cdn_max_age then
        usual = usual or "public, max-age=" .. BROWSER_CACHE_LIFE .. ", s-maxage=" .. config.cdn_max_age
        return usual
    end
    return "public, max-age=" .. math.min(seconds_left, BROWSER_CACHE_LIFE)
        .. ", s-maxage=" .. math.min(seconds_left, config.cdn_max_age)
end

-- The token in a path, or nil. Whether it is one is found out by whoever looks for its link; patterns, which would tell
-- at once, are slow.
function M.token(path)
    if #path > LAST + 1 and path:byte(LAST + 1) == SLASH and not path:find("/", LAST + 2, true) then
        return path:sub(FIRST, LAST)
    end
    return nil
end

-- Whether a query asks for a file to be saved: `download`, with a value or without.
function M.is_to_be_saved(query)
    return query ~= nil and ("&" .. query .. "&"):find("&download[=&]") ~= nil
end

-- nginx looks at both, and at Range whatever the method. A date says nothing beside a digest, and only a GET has ranges
-- (RFC 9110, 13.1.3 and 14.2).
local function simplify_conditions(method)
    if ngx.var.http_if_none_match and ngx.var.http_if_modified_since then
        ngx.req.clear_header("If-Modified-Since")
    end
    if ngx.var.http_if_match and ngx.var.http_if_unmodified_since then
        ngx.req.clear_header("If-Unmodified-Since")
    end
    if method == "HEAD" and ngx.var.http_range then
        ngx.req.clear_header("Range")
    end
end

-- Sends the client to the store, with a URL that is good for a while, and the headers that it is to answer with.
local function redirect(method, link, disposition, left)
    local signed, problem = native.call("presign", cjson.encode({
        method = method,
        path = "/" .. config.s3_bucket .. "/" .. link.object,
        life = math.min(config.presigned_life, left),
        answer = {
            ["response-cache-control"] = M.cache_control(left),
            ["response-content-disposition"] = disposition,
            ["response-content-type"] = link.mime,
        },
    }))
    if not signed then
        return answer.problem(problem)
    end
    -- whoever keeps this would send others to a URL that is good no more
    ngx.header["Cache-Control"] = "no-store"
    return ngx.redirect(signed.url, ngx.HTTP_MOVED_TEMPORARILY)
end

-- In the access phase: lets the request go on to the bytes, or ends it.
function M.admit()
    local var, method = ngx.var, ngx.req.get_method()
    if method ~= "GET" and method ~= "HEAD" then
        return answer.allow("GET", "HEAD")
    end
    local token = M.token(var.uri)
    if not token then
        return answer.problem(links.miss())
    end
    local link, problem = links.find(token)
    if not link then
        return answer.problem(problem)
    end
    local left = link.ends - ngx.time()
    if left <= 0 then
        return answer.problem(problems.new("gone", { detail = "this link has ended" }))
    end
    local disposition = M.is_to_be_saved(var.args) and link.saved or link.shown
    if config.downloads == "redirect" then
        return redirect(method, link, disposition, left)
    end
    simplify_conditions(method)
    var.download_object = link.object
    var.download_about = link.about
    var.download_disposition = disposition
    var.download_cache_control = M.cache_control(left)
end

return M
