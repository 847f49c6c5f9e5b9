-- Waiting for tasks to change. Each nginx worker has one timer, which runs only while somebody waits and asks one
-- question about all watched tasks; nobody who waits holds a thread or a database connection.

local semaphore = require "ngx.semaphore"
local cjson = require "cjson.safe"
local database = require "imgfilter.database"
local native = require "imgfilter.native"

local M = {}

-- Time between two questions, in seconds.
local INTERVAL = 0.2
-- Tasks in one question; tasks_since takes no more.
local CHUNK = 1000
-- Requests that may wait at the same time, in one nginx worker.
local MAX_WAITERS = 4096

-- Waiters by task id: lists of { version =, changed = semaphore, task = }.
local watched = {}
local waiters = 0
local running = false

local function add(id, waiter)
    watched[id] = watched[id] or {}
    table.insert(watched[id], waiter)
    waiters = waiters + 1
end

local function remove(id, waiter)
    local list = watched[id] or {}
    for index, other in ipairs(list) do
        if other == waiter then
            table.remove(list, index)
            waiters = waiters - 1
            break
        end
    end
    if #list == 0 then
        watched[id] = nil
    end
end

-- The questions to ask: arrays of {id, version}, with the oldest version that somebody has seen.
local function questions()
    local chunks, chunk = {}, {}
    for id, list in pairs(watched) do
        local oldest = list[1].version
        for _, waiter in ipairs(list) do
            oldest = math.min(oldest, waiter.version)
        end
        chunk[#chunk + 1] = { id = id, version = oldest }
        if #chunk == CHUNK then
            chunks[#chunks + 1], chunk = chunk, {}
        end
    end
    if #chunk > 0 then
        chunks[#chunks + 1] = chunk
    end
    return chunks
end

local function wake(task)
    for _, waiter in ipairs(watched[task.id] or {}) do
        if task.version > waiter.version then
            waiter.version, waiter.task = task.version, task
            waiter.changed:post(1)
        end
    end
end

local function ask(chunk)
    local views = database.call("tasks_since", cjson.encode(chunk))
    if not views or views == "[]" then
        return
    end
    for _, task in ipairs(native.call("render_tasks", views) or {}) do
        wake(task)
    end
end

-- nginx ends this worker: everybody is answered now with what is known.
local function let_go()
    for _, list in pairs(watched) do
        for _, waiter in ipairs(list) do
            waiter.changed:post(1)
        end
    end
end

local tick

local function schedule()
    running = ngx.timer.at(INTERVAL, tick) and true or false
    if not running then
        let_go()
    end
end

function tick(premature)
    if premature then
        running = false
        return let_go()
    end
    for _, chunk in ipairs(questions()) do
        local ran, err = pcall(ask, chunk)
        if not ran then
            ngx.log(ngx.ERR, "watch: ", err)
        end
    end
    if next(watched) then
        return schedule()
    end
    running = false
end

-- Waits until the task has ended, but not longer than `seconds`: its last known state. At once nil when too many
-- wait already. `task` is what native's render_tasks says of it.
function M.until_ended(task, seconds)
    if task.ended then
        return task
    end
    if waiters >= MAX_WAITERS then
        return nil
    end
    local waiter = { version = task.version, changed = semaphore.new(0), task = task }
    add(task.id, waiter)
    if not running then
        schedule()
    end
    local deadline = ngx.now() + seconds
    while not waiter.task.ended and not ngx.worker.exiting() do
        local left = deadline - ngx.now()
        if left <= 0 or not waiter.changed:wait(left) then
            break
        end
    end
    remove(task.id, waiter)
    return waiter.task
end

return M
