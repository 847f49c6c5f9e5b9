-- Back-pressure: whether an upload can be taken at all, known before its body is read and without asking anybody.
--
-- A timer in each nginx worker measures once a second what is told here, each thing in one of them at a time, and
-- leaves it in a dictionary that all of them share. What is not known, because nothing could be measured lately,
-- refuses nobody: then the parts themselves refuse, or their breakers do.

local cjson = require "cjson.safe"
local breaker = require "imgfilter.breaker"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local native = require "imgfilter.native"
local problems = require "imgfilter.problem"
local s3 = require "imgfilter.s3"
local threads = require "imgfilter.threads"

local M = {}

-- Time between two measurements, in seconds; a turn ends a little before the next timer comes.
local INTERVAL = 1
local TURN = 0.9 * INTERVAL
-- How long a measurement may take before another nginx worker takes its turn, in seconds: whoever took it may be dead.
local LONGEST = 60
-- How long a measurement is believed, in seconds.
local LIFE = 30
-- Looking at a folder takes microseconds; this is for a disk that hangs. In seconds.
local SPOOL_TIMEOUT = 5

-- How many bytes are free in the spool, and how large its disk is: { free_bytes =, size_bytes = }, or nil.
local function room()
    local input = cjson.encode({ path = config.spool })
    local text, err = threads.run("native", SPOOL_TIMEOUT, "imgfilter.native", "text", "spool", input)
    if not text then
        ngx.log(ngx.ERR, "spool: ", err)
        return nil
    end
    return native.open(text)
end

local function measure_spool()
    local found = room()
    if found then
        ngx.shared.edge:set("spool free", found.free_bytes, LIFE)
        ngx.shared.edge:set("spool size", found.size_bytes, LIFE)
    end
end

local function measure_queue()
    if config.max_queue == 0 and config.max_queue_age == 0 then
        return
    end
    -- one more than may wait is all that has to be counted
    local text = database.call("queue_pressure", config.max_queue + 1)
    local queue = text and cjson.decode(text)
    if queue then
        ngx.shared.edge:set("queue waiting", queue.waiting, LIFE)
        ngx.shared.edge:set("queue age", queue.age, LIFE)
    end
end

-- Does it unless another nginx worker does it, or did within this second.
local function in_turn(name, job)
    local state, turn = ngx.shared.edge, "turn of " .. name
    if not state:add(turn, true, LONGEST) then
        return
    end
    local ran, err = pcall(job)
    if not ran then
        ngx.log(ngx.ERR, name, ": ", err)
    end
    state:set(turn, true, TURN)
end

-- Each in a timer of its own: the database that does not answer keeps nobody from looking at the disk.
local JOBS = {
    spool = function() in_turn("spool", measure_spool) end,
    queue = function() in_turn("queue", measure_queue) end,
    database = function() breaker.database:probe(database.answers) end,
    storage = function() breaker.storage:probe(s3.answers) end,
}

local function start(premature, job)
    if not premature then
        job()
    end
end

-- For each nginx worker, after it was forked.
function M.start()
    for _, job in pairs(JOBS) do
        ngx.timer.at(0, start, job)
        ngx.timer.every(INTERVAL, start, job)
    end
end

-- The problem for which no upload is taken because of the queue, or nil.
local function of_queue()
    local state = ngx.shared.edge
    local limit, longest = config.max_queue, config.max_queue_age
    if limit > 0 and (state:get("queue waiting") or 0) > limit then
        local detail = string.format("more than %d tasks are waiting", limit)
        return problems.new("queue_full", { detail = detail, limit = limit })
    end
    if longest > 0 and (state:get("queue age") or 0) > longest then
        local detail = string.format("a task has been waiting for more than %g seconds", longest)
        return problems.new("queue_full", { detail = detail, limit = math.ceil(longest) })
    end
    return nil
end

-- Whether so many more bytes leave of this disk what has to stay free.
function M.has_room(free, bytes)
    return free - bytes >= config.spool_reserve
end

local function of_spool(bytes)
    local free = ngx.shared.edge:get("spool free")
    if not free or M.has_room(free, bytes) then
        return nil
    end
    return problems.new("spool_full", { detail = string.format("there is no room for %d bytes", bytes) })
end

-- The problem for which an upload of so many bytes (nil: not known, as much as is allowed) is not taken now, or nil.
function M.refusal(bytes)
    for _, each in ipairs({ breaker.database, breaker.storage }) do
        if each:is_open() then
            return problems.new(each.code)
        end
    end
    return of_queue() or of_spool(bytes or config.max_body)
end

-- Whether no upload is taken because of the queue.
function M.queue_is_full()
    return of_queue() ~= nil
end

-- Whether the largest upload could be spooled now, measured for the one who asks.
function M.spool_has_room()
    local found = room()
    return found ~= nil and M.has_room(found.free_bytes, config.max_body)
end

return M
