-- Thread pools for what would block the event loop: the database (`write`, `read`, `keys`) and the native library.
--
-- Each pool is gated by a semaphore with as many permits as it has threads, so that its queue stays empty: an
-- overflowing queue is not survived by this ngx_lua, and a status question waiting behind a hundred others is
-- better refused. A call runs in a timer of its own, not in the request's coroutine: a request that gives up
-- leaves its thread working, and the permit must be given back when the thread is free, not before.

local semaphore = require "ngx.semaphore"

local M = {}

-- Requests that may wait for a thread of one pool, in one nginx worker. More are refused at once.
local MAX_WAITING = 1024

-- Threads of the pool `keys`, as in the generated nginx configuration: a key is looked up in well under a millisecond.
local KEY_THREADS = 2

local pools = {}

-- For each worker, after it was forked.
function M.start(config)
    pools.write = { name = "write", gate = semaphore.new(config.database_connections) }
    pools.read = { name = "read", gate = semaphore.new(config.database_connections) }
    pools.keys = { name = "keys", gate = semaphore.new(KEY_THREADS) }
    pools.native = { name = "native", gate = semaphore.new(config.native_threads) }
end

local function work(_, pool, job)
    local ran, first, second = ngx.run_worker_thread(pool.name, job.module, job.func, unpack(job.arguments))
    pool.gate:post(1)
    if ran then
        job.first, job.second = first, second
    else
        job.second = first
    end
    job.done:post(1)
end

-- Runs module.func(...) on a thread of the pool: its two results (strings, numbers, nil); or nil and why not,
-- at the latest after `timeout` seconds. Then the call may still be under way, or even succeed.
function M.run(pool_name, timeout, module, func, ...)
    local pool = pools[pool_name]
    if pool.gate:count() <= -MAX_WAITING then
        return nil, "too many wait for the pool " .. pool_name
    end
    local started = ngx.now()
    if not pool.gate:wait(timeout) then
        return nil, "no thread of the pool " .. pool_name .. " in " .. timeout .. " s"
    end
    local job = { module = module, func = func, arguments = { ... }, done = semaphore.new(0) }
    local scheduled, err = ngx.timer.at(0, work, pool, job)
    if not scheduled then
        pool.gate:post(1)
        return nil, err
    end
    ngx.update_time()
    if not job.done:wait(math.max(timeout - (ngx.now() - started), 0.001)) then
        return nil, "no answer in " .. timeout .. " s"
    end
    return job.first, job.second
end

return M
