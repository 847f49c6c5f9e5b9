-- /tasks/{id}: how far a task has come, at once or when it has ended; DELETE erases it (see erasure.lua).

local answer = require "imgfilter.answer"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local erased = require "imgfilter.erased"
local erasure = require "imgfilter.erasure"
local native = require "imgfilter.native"
local problems = require "imgfilter.problem"
local uuid = require "imgfilter.uuid"
local watch = require "imgfilter.watch"

local M = {}

-- The seconds to wait that a request names: 0 when it names none, nil when they cannot be meant.
function M.seconds(wait, longest)
    if wait == nil then
        return 0
    end
    local seconds = type(wait) == "string" and #wait <= 9 and wait:match("^%d+$") and tonumber(wait)
    return seconds and seconds <= longest and seconds or nil
end

-- What is told of an id that no task has.
local function unknown()
    return problems.new("not_found", { detail = "there is no task of this id" })
end

-- The id of the task that a path names, in lower case; `after` is what the path ends with. nil when it cannot be an id.
function M.id_in(path, after)
    local id = path:match("^/tasks/([^/]+)" .. after .. "$")
    return id and uuid.is_one(id) and id:lower() or nil
end

-- The task as native's render_tasks tells it, or nil and the problem.
local function find(id)
    local view, problem = database.call("task_view", id)
    if problem then
        return nil, problem
    end
    if not view then
        return nil, unknown()
    end
    local tasks
    tasks, problem = native.call("render_tasks", "[" .. view .. "]")
    return tasks and tasks[1], problem
end

-- The task of an id that id_in() gave, or the end of the request: it is not there, or was erased.
function M.existing(id)
    if not id then
        return answer.problem(unknown())
    end
    local task, problem = find(id)
    if not task then
        return answer.problem(problem)
    end
    if task.erased then
        return answer.problem(erased.problem())
    end
    return task
end

local function show(id)
    local seconds = M.seconds(ngx.req.get_uri_args().wait, config.max_wait)
    if not seconds then
        local longest = config.max_wait
        local detail = "wait is a whole number of seconds from 0 to " .. longest
        return answer.problem(problems.new("invalid_wait", { detail = detail, field = "wait", limit = longest }))
    end
    local task = M.existing(id)
    if seconds > 0 then
        task = watch.until_ended(task, seconds)
        if not task then
            return answer.problem(problems.new("overloaded", { detail = "too many requests wait for tasks" }))
        end
        -- it may have been erased meanwhile
        if task.erased then
            return answer.problem(erased.problem())
        end
    end
    return answer.json(200, task.body)
end

function M.serve()
    answer.allow("DELETE", "GET", "HEAD")
    local id = M.id_in(ngx.var.uri, "")
    if not id then
        return answer.problem(unknown())
    end
    if ngx.req.get_method() == "DELETE" then
        -- a client that leaves now does not take it back
        ngx.on_abort(function() end)
        return erasure.erase(id)
    end
    return show(id)
end

return M
