-- Thread pools for what would block the event loop: the database (`write`, `read`, `keys`), the native library, and
-- files that are unlinked by the thousand (`files`).
--
-- Each pool is gated by a semaphore with as many permits as it has threads, so that its queue stays empty: an
-- overflowing queue is not survived by this ngx_lua, and a status question waiting behind a hundred others is
-- better refused. A call runs in a timer of its own, not in the request's coroutine: a request that gives up
-- leaves its thread working, and the permit must be given back when the thread is free, not before.

local semaphore = require "ngx.semaphore"

local M = {}

-- The third result of a call that was never made, which says nothing about what it would have asked.
M.NOT_MADE = "not made"

local pools = {}
-- Requests that may wait for a thread of one pool. More are refused at once.
local max_waiting

-- For each worker, after it was forked.
function M.start(config)
    max_waiting = config.max_waiting
    pools.write = { name = "write", gate = semaphore.new(config.database_connections) }
    pools.read = { name = "read", gate = semaphore.new(config.database_connections) }
    pools.keys = { name = "keys", gate = semaphore.new(config.key_threads) }
    pools.native = { name = "native", gate = semaphore.new(config.native_threads) }
    pools.files = { name = "files", gate = semaphore.new(1) }
end

local function work(_, pool, job)
    local ran, first, second, third = ngx.run_worker_thread(pool.name, job.module, job.func, unpack(job.arguments))
    pool.gate:post(1)
    if ran then
        job.first, job.second, job.third = first, second, third
    else
        job.second = first
    end
    job.done:post(1)
end

-- Takes a permit of the pool if somebody still wants it then; or nil, why not, and NOT_MADE unless the threads were at
-- work all the time: at the latest after `timeout` seconds.
local function enter(pool, timeout, wanted)
    if pool.gate:count() <= -max_waiting then
        return nil, "too many wait for the pool " .. pool.name, M.NOT_MADE
    end
    if not pool.gate:wait(timeout) then
        return nil, "no thread of the pool " .. pool.name .. " in " .. timeout .. " s"
    end
    if not wanted() then
        pool.gate:post(1)
        return nil, "not wanted any more", M.NOT_MADE
    end
    return true
end

-- Runs module.func(...) on a thread of the pool, if wanted() once there is one: its three results (strings, numbers,
-- nil); or nil, why not, and perhaps NOT_MADE, at the latest after `timeout` seconds. Without NOT_MADE the call may
-- still be under way, or even succeed.
function M.run_if(wanted, pool_name, timeout, module, func, ...)
    local pool = pools[pool_name]
    local started = ngx.now()
    local entered, err, kind = enter(pool, timeout, wanted)
    if not entered then
        return nil, err, kind
    end
    local job = { module = module, func = func, arguments = { ... }, done = semaphore.new(0) }
    local scheduled
    scheduled, err = ngx.timer.at(0, work, pool, job)
    if not scheduled then
        pool.gate:post(1)
        return nil, err, M.NOT_MADE
    end
    ngx.update_time()
    if not job.done:wait(math.max(timeout - (ngx.now() - started), 0.001)) then
        return nil, "no answer in " .. timeout .. " s"
    end
    return job.first, job.second, job.third
end

local function always()
    return true
end

-- The same, wanted in any case.
function M.run(...)
    return M.run_if(always, ...)
end

return M
