-- Problems: errors as clients read them (RFC 9457). Their codes and words are the native library's.
--
-- A problem is { code =, status =, retry_after =, body = }; functions that can fail return nil and one of these.

local cjson = require "cjson.safe"
local native = require "imgfilter.native"

local M = {}

local function ask(occasion, more)
    for key, value in pairs(more or {}) do
        occasion[key] = value
    end
    -- a fault of ours comes back as a problem too
    local problem, fault = native.call("problem", cjson.encode(occasion))
    return problem or fault
end

-- A problem by its code; `more` may hold detail, field and limit.
function M.new(code, more)
    return ask({ code = code }, more)
end

-- A problem for an answer that nginx has made itself, of which only the status is known.
function M.of_status(status, more)
    return ask({ status = status }, more)
end

return M
