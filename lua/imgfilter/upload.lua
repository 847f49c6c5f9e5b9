-- POST and PUT /images: the hook that runs when the upload module has spooled a body.
--
-- The order makes the promise of a 202 hold: the original is in the storage before the task is in the database,
-- and nobody is told before both have confirmed.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local announce = require "imgfilter.announce"
local database = require "imgfilter.database"
local idempotency = require "imgfilter.idempotency"
local keys = require "imgfilter.keys"
local native = require "imgfilter.native"
local pressure = require "imgfilter.pressure"
local problems = require "imgfilter.problem"
local quotas = require "imgfilter.quotas"
local s3 = require "imgfilter.s3"
local threads = require "imgfilter.threads"

local M = {}

-- Reading the head of an image takes milliseconds; this is for a machine that stands still. In seconds.
local PROBE_TIMEOUT = 10

-- Who sends the upload, and under which Idempotency-Key: as lua/native reads it. Or nil, the problem, and what
-- WWW-Authenticate says about it, if anything.
local function sender()
    local caller, problem, challenge = keys.caller("upload")
    if not caller then
        return nil, problem, challenge
    end
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

-- Before the body is read: whether there is room for it, who may, and how.
function M.admit()
    answer.allow("POST", "PUT")
    local busy = pressure.refusal(tonumber(ngx.var.http_content_length))
    if busy then
        return answer.refuse(busy)
    end
    local caller, problem, challenge = sender()
    if not caller then
        return answer.refuse(problem, challenge)
    end
    ngx.var.caller = cjson.encode(caller)
end

-- Bytes beyond ASCII cannot stand in JSON unless they are UTF-8; in a query string they mean their own escapes.
local function ascii(query)
    return (query:gsub("[\128-\255]", function(byte)
        return string.format("%%%02X", byte:byte())
    end))
end

-- Checks options, chains and image on a thread: what to do next, or nil and the problem.
local function prepare()
    local parts = ngx.var.upload_parts
    if not parts or parts == "" then
        ngx.log(ngx.ERR, "the upload module left no parts")
        return nil, problems.new("internal_error")
    end
    local query = cjson.encode(ascii(ngx.var.args or ""))
    local input = '{"parts":' .. parts .. ',"query":' .. query .. ',"caller":' .. ngx.var.caller .. "}"
    local text, err = threads.run("native", PROBE_TIMEOUT, "imgfilter.native", "text", "prepare_upload", input)
    if not text then
        ngx.log(ngx.ERR, "prepare_upload: ", err)
        return nil, problems.new("overloaded")
    end
    return native.open(text)
end

-- Hands the task over: the database's view of it, or nil and the problem. When no answer came the task may exist
-- all the same, so its id is asked for once. Still unknown: the original is left for the sweep.
local function submit(prepared)
    local view, problem = database.call("submit_task", prepared.request)
    if problem and problem.refused then
        return nil, problem
    end
    if problem then
        view = database.call("task_view", prepared.task)
    end
    if not view then
        return nil, problem or problems.new("internal_error")
    end
    return view
end

-- Stores the original and hands the task over: the view of the task that this upload is, or nil and the problem.
function M.take(prepared, caller)
    if caller.quota or caller.idempotency then
        local first, refusal = database.call("foresee", prepared.request)
        if first or refusal then
            return first, refusal
        end
    end
    local stored, problem = s3.put(prepared.object_key, prepared.path, prepared.sha256, prepared.mime)
    if not stored then
        return nil, problem
    end
    return submit(prepared)
end

-- The task as it is answered, and whether it is one of an earlier request; or nil and the problem.
local function receive(caller)
    local prepared, problem = prepare()
    if not prepared then
        return nil, problem
    end
    local view
    view, problem = M.take(prepared, caller)
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
    return tasks[1], replayed
end

-- After the body was read.
function M.submit()
    local caller = cjson.decode(ngx.var.caller)
    if caller.owner then
        -- A body may take hours, and the key may have been revoked since.
        local still, problem, challenge = keys.caller("upload")
        if not still then
            ngx.header["WWW-Authenticate"] = challenge
            return answer.problem(problem)
        end
    end
    local task, more = receive(caller)
    if not task then
        if more.quota then
            quotas.remember(caller, more)
        end
        return answer.problem(more)
    end
    return answer.json(202, task.body, { Location = task.url, ["Idempotent-Replayed"] = more and "true" or nil })
end

return M
