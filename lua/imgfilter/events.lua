-- GET /tasks/{id}/events: Server-Sent Events, as EventSource of browsers reads them. An event `task` for each version
-- that is seen of the task, the present one first; then `end`, after which the stream is over for good.
--
-- An EventSource comes again whenever a stream ends, and says which version it has seen: when that was the last there
-- will be, it is answered with 204, and stays away.

local answer = require "imgfilter.answer"
local config = require "imgfilter.config"
local erased = require "imgfilter.erased"
local problems = require "imgfilter.problem"
local tasks = require "imgfilter.tasks"
local watch = require "imgfilter.watch"

local M = {}

-- The version that the client has seen: nil when it names none that can be.
function M.version_seen(last_event_id)
    local digits = type(last_event_id) == "string" and last_event_id:match("^%d+$")
    return digits and #digits <= 15 and tonumber(digits) or nil
end

-- What tells a state of the task, and after the last of them that it is the last.
function M.event(task)
    local told
    if task.erased then
        told = "event: gone\ndata: " .. erased.problem().body .. "\n\n"
    else
        told = string.format("id: %d\nevent: task\ndata: %s\n\n", task.version, task.body)
    end
    return task.ended and told .. "event: end\ndata: {}\n\n" or told
end

-- Whether it is on its way.
local function send(text)
    return ngx.print(text) and ngx.flush(true)
end

-- How soon to come again, in milliseconds: another time for each, because all streams of an nginx end when it does.
local function retry()
    return "retry: " .. math.floor(1000 * config.stream_retry * (1 + math.random())) .. "\n\n"
end

-- Tells what happens until nothing can, or it is time to come again.
local function follow(watcher)
    local deadline = ngx.now() + config.stream_life
    local left = config.stream_life
    while left >= watch.TICK do
        local task = watcher:wait(math.min(left, config.stream_heartbeat))
        if watcher:is_over() then
            return
        end
        -- a comment: only whoever is between must see that there is something
        if not send(task and M.event(task) or ":\n\n") or task and task.ended then
            return
        end
        left = deadline - ngx.now()
    end
end

local function begin()
    ngx.header["Content-Type"] = "text/event-stream"
    ngx.header["Cache-Control"] = "no-store"
    -- nginx and others that understand it pass on what comes as it comes
    ngx.header["X-Accel-Buffering"] = "no"
    return ngx.send_headers()
end

-- `seen` is the version that the client knows, or nil.
local function stream(task, seen)
    local first = retry() .. (task.version ~= seen and M.event(task) or "")
    if task.ended then
        ngx.req.discard_body()
        return begin() and send(first)
    end
    -- a body that may come is left alone as long as this lasts: waiting for it would take the place of what sees that
    -- the client has left
    local watching = watch.during(task, config.stream_life, function(watcher)
        if begin() and send(first) then
            follow(watcher)
        end
    end)
    if not watching then
        return answer.problem(problems.new("overloaded", { detail = "too many requests watch tasks" }))
    end
    ngx.req.discard_body()
end

function M.serve()
    answer.allow("GET", "HEAD")
    local task = tasks.existing(tasks.id_in(ngx.var.uri, "/events"))
    local seen = M.version_seen(ngx.var.http_last_event_id)
    if task.ended and task.version == seen then
        return answer.nothing()
    end
    if ngx.req.get_method() == "HEAD" then
        ngx.req.discard_body()
        return begin()
    end
    return stream(task, seen)
end

return M
