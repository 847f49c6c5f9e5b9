-- POST and PUT /images: the hook that runs when the upload module has spooled a body.
--
-- The order makes the promise of a 202 hold: the original is in the storage before the task is in the database,
-- and nobody is told before both have confirmed.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local announce = require "imgfilter.announce"
local database = require "imgfilter.database"
local keys = require "imgfilter.keys"
local native = require "imgfilter.native"
local problems = require "imgfilter.problem"
local quotas = require "imgfilter.quotas"
local s3 = require "imgfilter.s3"
local threads = require "imgfilter.threads"

local M = {}

-- Reading the head of an image takes milliseconds; this is for a machine that stands still. In seconds.
local PROBE_TIMEOUT = 10

-- Before the body is read: who may, and how.
function M.admit()
    answer.allow("POST", "PUT")
    local caller, problem, challenge = keys.caller("upload")
    problem = problem or quotas.spent(caller)
    if problem then
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
    if problem and problem.quota then
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

local function receive(caller)
    local prepared, problem = prepare()
    if not prepared then
        return nil, problem
    end
    if caller.quota then
        -- what will be refused is not stored; submit_task has the last word
        local _, refusal = database.call("check_quota", prepared.request)
        if refusal then
            return nil, refusal
        end
    end
    local stored
    stored, problem = s3.put(prepared.object_key, prepared.path, prepared.sha256, prepared.mime)
    if not stored then
        return nil, problem
    end
    local view
    view, problem = submit(prepared)
    if not view then
        return nil, problem
    end
    announce.lane(prepared.lane)
    return native.call("render_tasks", "[" .. view .. "]")
end

-- After the body was read.
function M.submit()
    local caller = cjson.decode(ngx.var.caller)
    local tasks, problem = receive(caller)
    if not tasks then
        if problem.quota then
            quotas.remember(caller, problem)
        end
        return answer.problem(problem)
    end
    return answer.json(202, tasks[1].body, { Location = tasks[1].url })
end

return M
