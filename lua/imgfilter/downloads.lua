-- GET /d/{token}/{filename}: whether a link still lives, and what its answer is called and typed. The bytes come
-- through the gateway, or from this nginx's cache in front of it.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local database = require "imgfilter.database"
local native = require "imgfilter.native"
local problems = require "imgfilter.problem"

local M = {}

-- How long a link's row is believed here, and how long shared caches may keep a result, in seconds: a link that
-- was revoked is dead everywhere after that time.
local ROW_LIFE = 60
local SHARED_CACHE_LIFE = 60
-- How long a browser may keep a result, in seconds. It has been shown it, so this takes nothing back.
local BROWSER_CACHE_LIFE = 86400

-- The only types ever answered; what is not among them is sent as bytes to be saved.
local TYPES = {
    jpeg = "image/jpeg", png = "image/png", gif = "image/gif",
    webp = "image/webp", tiff = "image/tiff", bmp = "image/bmp",
    avif = "image/avif",
}

-- What the cache knows of a link whose row is no more.
local NO_ROW = "none"

local function find_row(link)
    local rows = ngx.shared.links
    local text = rows:get(link)
    if not text then
        local problem
        text, problem = database.call("link_view", link)
        if problem then
            return nil, problem
        end
        text = text or NO_ROW
        rows:set(link, text, ROW_LIFE)
    end
    return text ~= NO_ROW and cjson.decode(text) or nil
end

-- The row of a living link, or nil and the problem. A tag that is not ours is refused without asking anyone.
local function find(token)
    local checked, problem = native.call("verify_link", cjson.encode({ token = token }))
    if not checked then
        return nil, problem
    end
    if checked.link == cjson.null then
        return nil, problems.new("not_found", { detail = "there is no such link" })
    end
    local row
    row, problem = find_row(checked.link)
    if problem then
        return nil, problem
    end
    if not row or row.gone or row.expires_epoch <= ngx.time() then
        return nil, problems.new("gone", { detail = "this link has ended" })
    end
    return row
end

-- A Content-Disposition (RFC 6266): a plain name for old clients, and the true one percent-encoded.
function M.disposition(kind, filename)
    local plain = filename:gsub("[^%w%.%-_ ]", "_")
    local encoded = filename:gsub("[^%w%.%-_]", function(byte)
        return string.format("%%%02X", byte:byte())
    end)
    return kind .. '; filename="' .. plain .. "\"; filename*=UTF-8''" .. encoded
end

-- Never beyond the link's life.
function M.cache_control(seconds_left)
    return "public, max-age=" .. math.min(seconds_left, BROWSER_CACHE_LIFE)
        .. ", s-maxage=" .. math.min(seconds_left, SHARED_CACHE_LIFE)
end

-- In the access phase: lets the request go on to the bytes, or ends it.
function M.admit()
    answer.allow("GET", "HEAD")
    local token = ngx.var.uri:match("^/d/([%w_-]+)/[^/]+$")
    if not token then
        return answer.problem(problems.new("not_found", { detail = "there is no such link" }))
    end
    local row, problem = find(token)
    if not row then
        return answer.problem(problem)
    end
    local mime = TYPES[row.format]
    ngx.var.download_object = row.object_key
    ngx.var.download_sha256 = row.sha256
    ngx.var.download_type = mime or "application/octet-stream"
    ngx.var.download_disposition = M.disposition(mime and "inline" or "attachment", row.filename)
    ngx.var.download_cache_control = M.cache_control(row.expires_epoch - ngx.time())
end

-- In the header filter. Errors have headers of their own.
function M.headers()
    if ngx.status ~= 200 and ngx.status ~= 304 then
        return
    end
    ngx.header["Content-Type"] = ngx.var.download_type
    ngx.header["Content-Disposition"] = ngx.var.download_disposition
    ngx.header["Cache-Control"] = ngx.var.download_cache_control
    ngx.header["Content-Security-Policy"] = "default-src 'none'; sandbox"
    ngx.header["X-Robots-Tag"] = "noindex"
    ngx.header["Cross-Origin-Resource-Policy"] = "cross-origin"
end

return M
