-- Orders: what an upload and one for a kept original have in common. Who gives it is found out before its body is read;
-- once it has been checked the database takes it, and then it is answered.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local announce = require "imgfilter.announce"
local database = require "imgfilter.database"
local erased = require "imgfilter.erased"
local idempotency = require "imgfilter.idempotency"
local keys = require "imgfilter.keys"
local metrics = require "imgfilter.metrics"
local native = require "imgfilter.native"
local pressure = require "imgfilter.pressure"
local problems = require "imgfilter.problem"
local quotas = require "imgfilter.quotas"
local threads = require "imgfilter.threads"
local trace = require "imgfilter.trace"

local M = {}

-- Checking chains and reading the head of an image take milliseconds; this is for a machine that stands still. In
-- seconds.
local CHECK_TIMEOUT = 10

-- Who sends the order, and under which Idempotency-Key: as lua/native reads it. Or nil, the problem, and what
-- WWW-Authenticate says about it, if anything.
local function sender()
    local caller, problem, challenge = keys.caller("upload")
    if not caller then
        return nil, problem, challenge
    end
    caller.trace = trace.of_request()
    local key
    key, problem = idempotency.key(ngx.var.http_idempotency_key)
    if problem then
        return nil, problem
    end
    if key then
        -- it may stand for a task that was taken before the quota was used up
        caller.idempotency = { key = key, client = ngx.var.remote_addr }
        return caller
    end
    problem = quotas.spent(caller)
    if problem then
        return nil, problem
    end
    return caller
end

-- Before the body is read: lets those through who may give orders, while there is room for them, and leaves in $caller
-- who it is. `bytes` is what the order would take of the spool.
function M.admit(bytes)
    local busy = pressure.refusal(bytes)
    if busy then
        return answer.refuse(busy)
    end
    local caller, problem, challenge = sender()
    if not caller then
        return answer.refuse(problem, challenge)
    end
    ngx.var.caller = cjson.encode(caller)
end

-- Has the native library do something on a thread, within `timeout` seconds if that is given: its value, or nil and the
-- problem.
function M.check(call, input, timeout)
    local text, err = threads.run("native", timeout or CHECK_TIMEOUT, "imgfilter.native", "text", call, input)
    if not text then
        trace.log(ngx.ERR, call, ": ", err)
        return nil, problems.new("overloaded")
    end
    return native.open(text)
end

-- The same, timed, for what holds chains against an image.
function M.prepare(call, input, timeout)
    local started = ngx.now()
    local prepared, problem = M.check(call, input, timeout)
    metrics.stage("check", started)
    return prepared, problem
end

-- Hands the task over: the database's view of it, or nil and the problem. When no answer came the task may exist
-- all the same, so its id is asked for once. Still unknown: an original that was stored for it is left for the sweep.
function M.submit(prepared)
    local started = ngx.now()
    local view, problem = database.call("submit_task", prepared.request)
    if problem and not problem.refused then
        view = database.call("task_view", prepared.task)
    end
    metrics.stage("submit", started)
    if problem and problem.refused then
        return nil, problem
    end
    if not view then
        return nil, problem or problems.new("internal_error")
    end
    if problem and cjson.decode(view).erased then
        return nil, erased.problem()
    end
    return view
end

-- The task as it is answered, and whether it is one of an earlier request; or nil and the problem.
local function receive(caller, take)
    local prepared, view, problem = take(caller)
    if not view then
        return nil, problem
    end
    local tasks
    tasks, problem = native.call("render_tasks", "[" .. view .. "]")
    if not tasks then
        return nil, problem
    end
    local replayed = tasks[1].id ~= prepared.task
    if not replayed then
        announce.lane(prepared.lane)
    end
    if prepared.bytes then
        -- an upload; counted.lua counts it once it is answered
        ngx.ctx.taken = { replayed = replayed, bytes = prepared.bytes }
    end
    return tasks[1], replayed
end

-- After the body was read. `take(caller)` does what is this kind of order's own: what was prepared, and the database's
-- view of the task; or nil, nil and the problem.
function M.finish(take)
    local caller = cjson.decode(ngx.var.caller)
    if caller.owner then
        -- A body may take hours, and the key may have been revoked since.
        local still, problem, challenge = keys.caller("upload")
        if not still then
            return answer.problem(problem, challenge)
        end
    end
    local task, more = receive(caller, take)
    if not task then
        if more.quota then
            quotas.remember(caller, more)
        end
        return answer.problem(more)
    end
    return answer.json(202, task.body, { Location = task.url, ["Idempotent-Replayed"] = more and "true" or nil })
end

return M
