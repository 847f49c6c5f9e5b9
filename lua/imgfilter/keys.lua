-- Who asks: the holder of a key (Authorization: Bearer …), or anybody where uploads need none. Found out before a body
-- is read.
--
-- A caller is { owner =, channels =, lasting =, link_life =, client =, quota = }: what lua/native and the database are
-- told of it.

local cjson = require "cjson.safe"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local native = require "imgfilter.native"
local problems = require "imgfilter.problem"

local M = {}

-- How long the database's word on a key is believed, in seconds: a revoked one is refused everywhere within half a
-- minute, and one tried at random costs one question in that time.
local KEY_LIFE = 20

-- What is remembered of a key that is unknown or revoked.
local NO_KEY = "none"

-- The token of an Authorization header: nil where there is none, or it is of another scheme, which a proxy before us
-- may have asked for; false for what cannot be a key.
function M.token(header)
    local scheme, token = (header or ""):match("^(%S+)%s*(.-)%s*$")
    if scheme and scheme:match("^imgf_") then
        -- a key whose scheme was forgotten: whoever sends it does not mean to be anybody
        return false
    end
    if not scheme or scheme:lower() ~= "bearer" then
        return nil
    end
    return token:match("^[%w_%-]+$") or false
end

local function has(scopes, wanted)
    for _, scope in ipairs(scopes) do
        if scope == wanted then
            return true
        end
    end
    return false
end

-- The scopes that are called after a way of telling.
local CHANNELS = { "webhook", "email", "push", "sms", "topic" }

-- By which channels the holder of these scopes may have somebody told: nil for none, because an empty table is no list
-- to cjson.
function M.channels(scopes)
    local channels
    for _, channel in ipairs(CHANNELS) do
        if has(scopes, channel) then
            channels = channels or {}
            channels[#channels + 1] = channel
        end
    end
    return channels
end

-- How long the keys are counted that an address tries in vain, in seconds.
local MISSES_LIFE = 60

-- What an address is counted under: one of IPv6 without its last 64 bits, unless it is one of IPv4 (::ffff:192.0.2.1).
-- `binary` is the address as 4 or 16 bytes; a unix socket has none.
function M.network(binary)
    if #binary ~= 16 then
        return binary
    end
    return binary:match("^" .. ("%z"):rep(10) .. "\255\255(....)$") or binary:sub(1, 8)
end

-- Asks the database for a key, unless this address has had too many looked up that were not there. The text that
-- key_by_hash answers, nil if there is no such key; or nil and the problem.
local function ask(sha256)
    local limit, misses = config.key_misses, ngx.shared.misses
    local place = "from " .. M.network(ngx.var.binary_remote_addr)
    -- counted before it is known, so that many at once do not slip past
    if limit > 0 and (misses:incr(place, 1, 0, MISSES_LIFE) or 0) > limit then
        misses:incr(place, -1)
        local detail = string.format("%d unknown keys a minute may be tried", limit)
        local retry_after = math.max(math.ceil(misses:ttl(place) or 0), 1)
        return nil, problems.new("too_many_requests", { detail = detail, limit = limit, retry_after = retry_after })
    end
    local text, problem = database.call("key_by_hash", sha256)
    if limit > 0 and (text or problem) then
        misses:incr(place, -1)
    end
    return text, problem
end

-- The row of a key that is good. Otherwise nil, and a problem if it could not be found out.
local function find(token)
    local hashed, problem = native.call("hash_key", cjson.encode({ key = token }))
    if not hashed then
        return nil, problem
    end
    if hashed.sha256 == cjson.null then
        return nil
    end
    local known = ngx.shared.keys
    local text = known:get(hashed.sha256)
    if not text then
        text, problem = ask(hashed.sha256)
        if problem then
            return nil, problem
        end
        text = text or NO_KEY
        known:set(hashed.sha256, text, KEY_LIFE)
    end
    return text ~= NO_KEY and cjson.decode(text) or nil
end

local function anonymous()
    if not config.anonymous then
        local detail = "uploads need a key: Authorization: Bearer …"
        return nil, problems.new("key_required", { detail = detail }), "Bearer"
    end
    if not config.anonymous_quota then
        return {}
    end
    return { client = ngx.var.remote_addr, quota = config.anonymous_quota }
end

-- The caller with this token, which must be a key with the scope. Or nil, the problem, and what WWW-Authenticate says
-- about it, if anything.
local function holder(token, scope)
    local key, problem
    if token then
        key, problem = find(token)
    end
    if problem then
        return nil, problem
    end
    if not key then
        local detail = "this key is unknown or revoked"
        return nil, problems.new("invalid_key", { detail = detail }), 'Bearer error="invalid_token"'
    end
    if not has(key.scopes, scope) then
        local challenge = 'Bearer error="insufficient_scope", scope="' .. scope .. '"'
        return nil, problems.new("scope_missing", { detail = "this key has not the scope " .. scope }), challenge
    end
    return {
        owner = key.owner, channels = M.channels(key.scopes), quota = next(key.quota) and key.quota,
        lasting = has(key.scopes, "lasting"), link_life = key.link_life,
    }
end

-- The caller of this request, who must have the scope if it has a key. Or nil, the problem, and what WWW-Authenticate
-- says about it, if anything.
function M.caller(scope)
    local token = M.token(ngx.var.http_authorization)
    if token == nil then
        return anonymous()
    end
    return holder(token, scope)
end

-- The same where a key is needed, whatever uploads need.
function M.required(scope)
    local token = M.token(ngx.var.http_authorization)
    if token == nil then
        local detail = "this needs a key with the scope " .. scope .. ": Authorization: Bearer …"
        return nil, problems.new("key_required", { detail = detail }), "Bearer"
    end
    return holder(token, scope)
end

-- The same where no key is needed, whatever uploads need: whoever sends none is nobody.
function M.known(scope)
    local token = M.token(ngx.var.http_authorization)
    if token == nil then
        return {}
    end
    return holder(token, scope)
end

return M
