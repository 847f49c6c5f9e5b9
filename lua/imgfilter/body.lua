-- Bodies of requests that are JSON. They are held in memory, whole: their locations say how large they may be.

local answer = require "imgfilter.answer"
local problems = require "imgfilter.problem"

local M = {}

-- Whether a Content-Type is that of JSON, whatever its parameters.
function M.is_json(content_type)
    local media_type = (content_type or ""):gsub(";.*", ""):match("^%s*(.-)%s*$")
    return media_type:lower() == "application/json"
end

-- Before the body is read: ends the request unless it is one of JSON and nothing else. `what` says what it is to be.
function M.admit(what)
    if not M.is_json(ngx.var.http_content_type) then
        return answer.refuse(problems.new("unsupported_media_type", { detail = what .. " is application/json" }))
    end
    if (ngx.var.args or "") ~= "" then
        local detail = what .. " takes its options from the body, not from the query string"
        return answer.refuse(problems.new("unexpected_query", { detail = detail }))
    end
end

-- The body, once it was read: nil and the problem where it did not fit into memory, though it is no larger than
-- `limit`, in bytes.
function M.text(limit)
    if ngx.req.get_body_file() then
        -- Of the size that is allowed, but in so many pieces that their marks take more room than it.
        local detail = "the body came in too many pieces"
        return nil, problems.new("body_too_large", { detail = detail, limit = limit })
    end
    return ngx.req.get_body_data() or ""
end

return M
