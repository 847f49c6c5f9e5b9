-- Problems: errors as clients read them (RFC 9457). Their codes and words are the native library's.
--
-- A problem is { status =, retry_after =, body = }; functions that can fail return nil and one of these.

local cjson = require "cjson.safe"
local native = require "imgfilter.native"

local M = {}

-- A problem by its code; `more` may hold detail, field and limit.
function M.new(code, more)
    local occasion = { code = code }
    for key, value in pairs(more or {}) do
        occasion[key] = value
    end
    return select(1, native.call("problem", cjson.encode(occasion)))
end

-- A problem for an answer that nginx has made itself, of which only the status is known.
function M.of_status(status)
    return select(1, native.call("problem", cjson.encode({ status = status })))
end

return M
