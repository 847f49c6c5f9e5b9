-- Answers: what every response of ours has in common.

local cjson = require "cjson.safe"
local config = require "imgfilter.config"
local metrics = require "imgfilter.metrics"
local page = require "imgfilter.problem_page"
local problems = require "imgfilter.problem"

local M = {}

-- The largest body at the addresses of notifications.conf, in bytes.
M.MAX_JSON_BODY = 65536

-- Sends a whole body and ends the request. `headers` may be nil.
function M.send(status, content_type, body, headers)
    -- what the client sent and nobody read must not be taken for its next request
    ngx.req.discard_body()
    ngx.status = status
    ngx.header["Content-Type"] = content_type
    ngx.header["Content-Length"] = #body
    ngx.header["Cache-Control"] = "no-store"
    for name, value in pairs(headers or {}) do
        ngx.header[name] = value
    end
    ngx.print(body)
    return ngx.exit(ngx.HTTP_OK)
end

-- An answer without a body: all that there was to say has been said.
function M.nothing()
    ngx.req.discard_body()
    ngx.status = ngx.HTTP_NO_CONTENT
    ngx.header["Cache-Control"] = "no-store"
    ngx.send_headers()
    return ngx.exit(ngx.HTTP_OK)
end

function M.json(status, body, headers)
    return M.send(status, "application/json", body, headers)
end

-- What a page of a problem may load.
local PAGE_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"

-- As JSON, or as a page for people. `challenge` is for WWW-Authenticate and may be nil.
function M.problem(problem, challenge)
    metrics.refused(problem.code)
    local retry_after = problem.retry_after
    if retry_after == cjson.null then
        retry_after = nil
    end
    local headers = { ["Retry-After"] = retry_after, ["WWW-Authenticate"] = challenge }
    -- the method as the client sent it: error_page makes it GET
    if page.wanted(ngx.var.logged_method, ngx.var.http_accept) then
        headers["Content-Security-Policy"] = PAGE_POLICY
        return M.send(problem.status, "text/html; charset=utf-8", page.render(cjson.decode(problem.body)), headers)
    end
    return M.send(problem.status, "application/problem+json", problem.body, headers)
end

-- Ends a request whose body is still to come, and is not wanted: by nginx's own error, which neither reads the body nor
-- asks for it, and error_page tells the problem. Only where the location sets $refusal. `challenge` is for
-- WWW-Authenticate and may be nil.
function M.refuse(problem, challenge)
    ngx.header["WWW-Authenticate"] = challenge
    ngx.var.refusal = cjson.encode(problem)
    return ngx.exit(problem.status)
end

-- Ends a request whose method is not among those allowed. Goes by nginx's own error, which neither reads the body nor
-- asks for it.
function M.allow_method(method, methods)
    for _, allowed in ipairs(methods) do
        if method == allowed then
            return
        end
    end
    ngx.header["Allow"] = table.concat(methods, ", ")
    return ngx.exit(ngx.HTTP_NOT_ALLOWED)
end

function M.allow(...)
    return M.allow_method(ngx.req.get_method(), { ... })
end

-- What nginx's own errors mean here, where their code does not say it all.
local DETAILS = {
    [400] = "the request, or the form in its body, is not well formed",
    [401] = "uploads need a key: Authorization: Bearer …",
    [404] = "there is nothing at this address",
    [405] = "this address takes only the methods that Allow names",
    [410] = "what this link led to is no more",
    [415] = "the body is neither a form nor the bytes of an image",
    [429] = "too many requests come from this address or with this key, or are under way",
    [503] = "the service cannot do this at the moment",
}

-- What explains a good answer, and has no place beside an error that came in its stead.
local TAKEN_BACK = { "Content-Disposition", "Content-Security-Policy", "ETag", "Last-Modified", "Accept-Ranges" }

-- The methods of addresses that take others than GET and HEAD. nginx refuses TRACE by itself, before Lua is asked.
local METHODS = {
    ["/images"] = "POST, PUT", ["/tasks"] = "POST", ["/uploads"] = "OPTIONS, POST",
    ["/me/notifications"] = "GET, HEAD, PUT",
}
local METHODS_OF_UPLOADS = "DELETE, HEAD, OPTIONS, PATCH"
local METHODS_OF_TASKS = "DELETE, GET, HEAD"

local function methods_of(path)
    return METHODS[path] or path:find("^/uploads/") and METHODS_OF_UPLOADS
        or path:find("^/tasks/[^/]*$") and METHODS_OF_TASKS
        or (path:find("^/me/notifications/") or path:find("^/deliveries/")) and "POST" or "GET, HEAD"
end

-- The most bytes of a body at this address; as the log calls it, for $uri is that of the error page by now.
local function limit_of_bodies()
    local path = ngx.var.logged_path or ""
    if path == "/tasks" then
        return config.max_task_body
    end
    return path:find("^/me/notifications") and M.MAX_JSON_BODY or config.max_body
end

-- Gives nginx's own errors their body, in the location that error_page names.
function M.error_page()
    for _, name in ipairs(TAKEN_BACK) do
        ngx.header[name] = nil
    end
    local refusal = ngx.var.refusal
    if refusal and refusal ~= "" then
        return M.problem(cjson.decode(refusal))
    end
    local status = ngx.status
    local more = { detail = DETAILS[status] }
    if status == ngx.HTTP_NOT_ALLOWED and not ngx.header["Allow"] then
        ngx.header["Allow"] = methods_of((ngx.var.request_uri or ""):match("^[^?]*"))
    end
    if status == 413 then
        more.limit = limit_of_bodies()
        more.detail = "the body is larger than " .. string.format("%d", more.limit) .. " bytes"
    end
    return M.problem(problems.of_status(status, more))
end

return M
