-- Answers: what every response of ours has in common.

local cjson = require "cjson.safe"
local problems = require "imgfilter.problem"

local M = {}

-- Sends a whole body and ends the request. `headers` may be nil.
function M.send(status, content_type, body, headers)
    -- what the client sent and nobody read must not be taken for its next request
    ngx.req.discard_body()
    ngx.status = status
    ngx.header["Content-Type"] = content_type
    ngx.header["Content-Length"] = #body
    ngx.header["X-Content-Type-Options"] = "nosniff"
    ngx.header["Cache-Control"] = "no-store"
    for name, value in pairs(headers or {}) do
        ngx.header[name] = value
    end
    ngx.print(body)
    return ngx.exit(ngx.HTTP_OK)
end

function M.json(status, body, headers)
    return M.send(status, "application/json", body, headers)
end

function M.problem(problem)
    local retry_after = problem.retry_after
    if retry_after == cjson.null then
        retry_after = nil
    end
    return M.send(problem.status, "application/problem+json", problem.body, { ["Retry-After"] = retry_after })
end

-- Ends requests of any other method. Goes by nginx's own error, which neither reads the body nor asks for it.
function M.allow(...)
    local method = ngx.req.get_method()
    for _, allowed in ipairs({ ... }) do
        if method == allowed then
            return
        end
    end
    ngx.header["Allow"] = table.concat({ ... }, ", ")
    return ngx.exit(ngx.HTTP_NOT_ALLOWED)
end

-- Gives nginx's own errors their body, in the location that error_page names. Headers that were meant for a
-- good answer, but for those that explain the error, are taken back.
function M.error_page()
    for _, name in ipairs({ "Content-Disposition", "Content-Security-Policy", "ETag", "Last-Modified", "Accept-Ranges" }) do
        ngx.header[name] = nil
    end
    return M.problem(problems.of_status(ngx.status))
end

return M
