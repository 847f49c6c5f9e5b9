-- Waiting for tasks to change. Each nginx worker has one timer, which runs only while somebody waits and asks one
-- question about all watched tasks; nobody who waits holds a thread or a database connection.

local semaphore = require "ngx.semaphore"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local metrics = require "imgfilter.metrics"
local native = require "imgfilter.native"

local M = {}

-- Time from the beginning of one question to that of the next, and what is left of it to others at least; in seconds.
local INTERVAL = 0.2
local REST = 0.05
-- Tasks in one question; changed_tasks takes no more.
local CHUNK = 1000
-- Changed tasks in one answer: this worker does nothing else while it renders them, which is to take milliseconds.
local MOST = 100

-- How much longer than it said somebody may watch, and how often those are looked for who do, in seconds. Whoever sends
-- to a client that does not read is ended by nginx's send_timeout before that.
local GRACE = 120
local LOOK = 30

-- The shortest time of nginx's clock, in seconds. Whoever waits for less does not wait at all, and if it then looks at
-- the clock again, and waits again, it does so for ever.
M.TICK = 0.001

-- What is known of each watched task, by its id: { task = its last known state, watchers = those who watch it, by
-- themselves, count = how many these are }.
local watched = {}
local watchers = 0
local running = false
-- When those are looked for who should have stopped.
local next_look = 0

metrics.state_of_worker("imgfilter_edge_watchers", function() return watchers end)

-- Tells whoever watches this task and has not seen this version of it.
local function learn(task)
    local known = watched[task.id]
    if not known or task.version <= known.task.version then
        return
    end
    known.task = task
    for watcher in pairs(known.watchers) do
        watcher.changed:post(1)
    end
end

-- The questions to ask: of at most CHUNK tasks each, { tasks =, versions = }, as PostgreSQL writes arrays.
local function questions()
    local chunks, ids, versions = {}, {}, {}
    local function close()
        local texts = { table.concat(ids, ","), table.concat(versions, ",") }
        chunks[#chunks + 1] = { tasks = "{" .. texts[1] .. "}", versions = "{" .. texts[2] .. "}" }
        ids, versions = {}, {}
    end
    for id, known in pairs(watched) do
        if not known.task.ended then
            ids[#ids + 1] = id
            versions[#versions + 1] = known.task.version
        end
        if #ids == CHUNK then
            close()
        end
    end
    if #ids > 0 then
        close()
    end
    return chunks
end

-- Asks one question; whether the answer may not have told all.
local function ask(chunk)
    local views = database.call("changed_tasks", chunk.tasks, chunk.versions, MOST)
    if not views then
        return false
    end
    local tasks = native.call("render_tasks", views) or {}
    for _, task in ipairs(tasks) do
        learn(task)
    end
    return #tasks >= MOST
end

-- nginx ends this worker: everybody is answered now with what is known.
local function let_go()
    for _, known in pairs(watched) do
        for watcher in pairs(known.watchers) do
            watcher.changed:post(1)
        end
    end
end

-- Takes the places of those who should have stopped long ago: nginx has ended them where they stood.
local function drop_forgotten(now)
    local forgotten = {}
    for _, known in pairs(watched) do
        for watcher in pairs(known.watchers) do
            if now > watcher.until_when then
                forgotten[#forgotten + 1] = watcher
            end
        end
    end
    for _, watcher in ipairs(forgotten) do
        watcher.gone = true
        watcher.changed:post(1)
        watcher:stop()
    end
    if #forgotten > 0 then
        ngx.log(ngx.ERR, "watch: ", #forgotten, " watched longer than they said, and are forgotten")
    end
end

local tick

local function schedule(seconds)
    running = ngx.timer.at(seconds, tick) and true or false
    if not running and ngx.worker.exiting() then
        let_go()
    end
end

-- Asks about all; whether some answer may not have told all of its tasks.
local function ask_all()
    local more = false
    for _, chunk in ipairs(questions()) do
        local ran, answer = pcall(ask, chunk)
        if not ran then
            ngx.log(ngx.ERR, "watch: ", answer)
        end
        more = more or ran and answer
    end
    return more
end

function tick(premature)
    if premature then
        running = false
        return let_go()
    end
    local started = ngx.now()
    if started >= next_look then
        next_look = started + LOOK
        drop_forgotten(started)
    end
    local more = ask_all()
    if next(watched) then
        ngx.update_time()
        return schedule(more and REST or math.max(REST, INTERVAL - (ngx.now() - started)))
    end
    running = false
end

local Watcher = {}
Watcher.__index = Watcher

-- Watches a task from the state that the caller knows, for so many seconds at most. Whoever watches must stop() at the
-- end, however that comes.
local function start(task, seconds)
    local watcher = setmetatable({ id = task.id, seen = task, changed = semaphore.new(0), gone = false,
        until_when = ngx.now() + seconds + GRACE }, Watcher)
    local known = watched[task.id]
    if not known then
        known = { task = task, watchers = {}, count = 0 }
        watched[task.id] = known
    end
    -- its own look at the task may be later than that of all others
    learn(task)
    known.watchers[watcher] = true
    known.count = known.count + 1
    watchers = watchers + 1
    -- a client that leaves ends the wait; without this nginx would end the caller where it stands, and nobody would
    -- stop()
    ngx.on_abort(function()
        watcher.gone = true
        watcher.changed:post(1)
    end)
    return watcher
end

-- Whether there is nothing left to wait for: the client has left, or nginx ends this worker.
function Watcher:is_over()
    return self.gone or ngx.worker.exiting()
end

-- Waits so many seconds for a version of the task that this watcher has not seen: nil when none came, or nobody wants
-- to know any more.
function Watcher:wait(seconds)
    local deadline = ngx.now() + seconds
    -- at each wait, because there may have been no timer left for it before
    if not running then
        schedule(INTERVAL)
    end
    while not self:is_over() do
        local task = watched[self.id].task
        if task.version > self.seen.version then
            self.seen = task
            return task
        end
        local left = deadline - ngx.now()
        if left < M.TICK or not self.changed:wait(left) then
            return nil
        end
    end
    return nil
end

function Watcher:stop()
    local known = watched[self.id]
    if not known or not known.watchers[self] then
        return
    end
    known.watchers[self] = nil
    known.count = known.count - 1
    watchers = watchers - 1
    if known.count == 0 then
        watched[self.id] = nil
    end
end

-- Watches the task while job(watcher) runs, from the state that the caller knows, which is what native's render_tasks
-- says of it; true, or nil at once when too many watch already. The job takes no longer than `seconds`, and little more
-- to tell of it.
function M.during(task, seconds, job)
    if watchers >= config.max_watchers then
        return nil
    end
    local watcher = start(task, seconds)
    local ran, err = pcall(job, watcher)
    watcher:stop()
    if not ran then
        error(err, 0)
    end
    return true
end

-- Waits until the task has ended, but not longer than `seconds`: its last known state. At once nil when too many watch
-- already.
function M.until_ended(task, seconds)
    if task.ended then
        return task
    end
    local deadline = ngx.now() + seconds
    local watching = M.during(task, seconds, function(watcher)
        repeat
            local later = watcher:wait(deadline - ngx.now())
            task = later or task
        until not later or task.ended
    end)
    return watching and task
end

return M
