-- The database: SQL functions, each called on a thread of the pool it belongs to.

local breaker = require "imgfilter.breaker"
local config = require "imgfilter.config"
local erased = require "imgfilter.erased"
local idempotency = require "imgfilter.idempotency"
local originals = require "imgfilter.originals"
local problems = require "imgfilter.problem"
local quotas = require "imgfilter.quotas"
local targets = require "imgfilter.targets"
local threads = require "imgfilter.threads"
local trace = require "imgfilter.trace"

local M = {}

-- Status questions never hold up orders: what writes, or is about to, has its own threads. So has the question for a
-- key, which anybody can cause.
local POOLS = {
    submit_task = "write", foresee = "write", image_view = "write", announce = "write", erase_task = "write",
    set_notifications = "write", send_code = "write", verify_target = "write", rotate_secret = "write",
    enable_target = "write", replay_delivery = "write", key_by_hash = "keys",
}

-- What a thread says of an error that the database has told (see database_thread.lua, which only threads load).
local TOLD = "told"

-- Extra time for the answer of a statement that the database itself has cut off, in seconds.
local GRACE = 1

-- Adds to a connection string, of either form that libpq knows, what keeps a call from hanging.
function M.bounded(conninfo, timeout)
    local milliseconds = math.floor(timeout * 1000)
    -- libpq takes whole seconds, and no fewer than two
    local connect_timeout = math.max(math.ceil(timeout), 2)
    if conninfo:match("^postgres") and conninfo:find("://", 1, true) then
        local separator = conninfo:find("?", 1, true) and "&" or "?"
        return conninfo .. separator .. "connect_timeout=" .. connect_timeout
            .. "&tcp_user_timeout=" .. milliseconds
            .. "&application_name=imgfilter-edge"
            .. "&options=-c%20statement_timeout%3D" .. milliseconds
    end
    return conninfo .. " connect_timeout=" .. connect_timeout
        .. " tcp_user_timeout=" .. milliseconds
        .. " application_name=imgfilter-edge"
        .. " options='-c statement_timeout=" .. milliseconds .. "'"
end

local conninfo

local function is_wanted()
    return not breaker.database:is_open()
end

local function always()
    return true
end

-- Asks, if wanted() once a thread is free, and tells the breaker what came of it: the function's value as text (nil for
-- NULL), or nil and the error.
local function ask(wanted, func, ...)
    conninfo = conninfo or M.bounded(config.database, config.database_timeout)
    local pool = POOLS[func] or "read"
    local timeout = config.database_timeout + GRACE
    local started = ngx.now()
    local answer, err, kind = threads.run_if(wanted, pool, timeout, "imgfilter.database_thread", "call",
        conninfo, func, ...)
    if kind ~= threads.NOT_MADE then
        -- an error that the database has told is an answer, unless it has cut a statement off because its time was up
        ngx.update_time()
        local in_time = ngx.now() - started < config.database_timeout
        breaker.database:count(not err or kind == TOLD and in_time)
    end
    return answer, err
end

-- Calls the SQL function `func`: its value as text (nil for NULL), or nil and the problem; at once while the database
-- is known not to answer.
function M.call(func, ...)
    if not is_wanted() then
        return nil, problems.new("database_unavailable")
    end
    local answer, err = ask(is_wanted, func, ...)
    local refusal = err and (quotas.of_error(err) or idempotency.of_error(err) or originals.of_error(err)
        or erased.of_error(err) or targets.of_error(err))
    if refusal then
        -- an answer, and no sign that the database is unwell
        refusal.refused = true
        return nil, refusal
    end
    if err then
        trace.log(ngx.ERR, "database: ", func, ": ", err)
        return nil, problems.new("database_unavailable")
    end
    return answer
end

-- Whether the database answers, by the cheapest question: asked also while it is known not to.
function M.answers()
    local _, err = ask(always, "edge_ready")
    return not err
end

return M
