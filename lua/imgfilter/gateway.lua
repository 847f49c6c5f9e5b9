-- The gateway's own part of a request to the storage: which are allowed, the file to send, the signature.
--
-- Originals are only written and results only read here. Nothing a client says reaches this server but what
-- `s3` and `downloads` make of it; the checks hold all the same.

local cjson = require "cjson.safe"
local config = require "imgfilter.config"
local native = require "imgfilter.native"

local M = {}

local UUID = "%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x"
local MONTH = "%d%d%d%d%d%d"
local ORIGINAL = "^/o/" .. MONTH .. "/" .. UUID .. "$"
local RESULT = "^/r/" .. MONTH .. "/" .. UUID .. "%.%l+$"

-- Whether a request is one the edge makes. The bucket itself may be asked for, to see that it is there.
function M.allows(method, path)
    if method == "PUT" then
        return path:match(ORIGINAL) ~= nil
    elseif method == "GET" then
        return path:match(RESULT) ~= nil
    end
    return method == "HEAD" and (path == "/" or path:match(RESULT) ~= nil)
end

-- Whether this names a file in the spool, perhaps in hashed folders: digits and letters, so neither `..` nor
-- anything hidden.
function M.is_spool_name(name)
    if not name or name == "" or #name > 255 then
        return false
    end
    return not name:find("[^%w/_]") and not name:find("//", 1, true) and not name:find("^/") and not name:find("/$")
end

-- Makes the spooled file the request's body.
local function attach_file()
    local name, sha256 = ngx.var.http_x_spool_file, ngx.var.http_x_sha256
    if not M.is_spool_name(name) or not sha256 or not sha256:match("^%x+$") or #sha256 ~= 64 then
        return ngx.exit(ngx.HTTP_BAD_REQUEST)
    end
    ngx.req.read_body()
    local attached, err = pcall(ngx.req.set_body_file, config.spool .. "/" .. name, false)
    if not attached then
        -- it was given up meanwhile: no fault of the storage's
        ngx.log(ngx.WARN, err)
        return ngx.exit(ngx.HTTP_NOT_FOUND)
    end
    return sha256
end

-- In the rewrite phase: lets the request through, signed, or ends it.
function M.sign()
    local method, path = ngx.req.get_method(), ngx.var.uri
    if not M.allows(method, path) then
        return ngx.exit(ngx.HTTP_FORBIDDEN)
    end
    local sha256 = method == "PUT" and attach_file() or nil
    local target = "/" .. config.s3_bucket .. (path == "/" and "" or path)
    local signed = native.call("sign", cjson.encode({ method = method, path = target, sha256 = sha256 }))
    if not signed then
        return ngx.exit(ngx.HTTP_INTERNAL_SERVER_ERROR)
    end
    ngx.var.s3_path = target
    ngx.var.s3_host = signed.host
    ngx.var.s3_date = signed.date
    ngx.var.s3_content_sha256 = signed.content_sha256
    ngx.var.s3_authorization = signed.authorization
end

local KEPT = {
    ["connection"] = true,
    ["content-length"] = true,
    ["content-type"] = true,
    ["last-modified"] = true,
    ["transfer-encoding"] = true,
}

-- In the header filter: what a storage says about itself stays inside. The ETag is the digest that the edge knows
-- the result by, so that the edge's own filters answer conditional requests with it; the type is one of the edge's
-- list.
function M.clean()
    for name in pairs(ngx.resp.get_headers(0)) do
        if not KEPT[name:lower()] then
            ngx.header[name] = nil
        end
    end
    local about = ngx.status == 200 and ngx.var.http_x_about
    if about then
        local sha256, mime = about:match("^(%S+) (%S+)$")
        ngx.header["ETag"] = '"' .. sha256 .. '"'
        ngx.header["Content-Type"] = mime
    end
end

return M
