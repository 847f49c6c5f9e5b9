-- The database: SQL functions, each called on a thread of the pool it belongs to.

local config = require "imgfilter.config"
local idempotency = require "imgfilter.idempotency"
local originals = require "imgfilter.originals"
local problems = require "imgfilter.problem"
local quotas = require "imgfilter.quotas"
local threads = require "imgfilter.threads"

local M = {}

-- Status questions never hold up orders: what writes, or is about to, has its own threads. So has the question for a
-- key, which anybody can cause.
local POOLS = {
    submit_task = "write", foresee = "write", image_view = "write", announce = "write", key_by_hash = "keys",
}

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

-- Calls the SQL function `func`: its value as text (nil for NULL), or nil and the problem.
function M.call(func, ...)
    conninfo = conninfo or M.bounded(config.database, config.database_timeout)
    local pool = POOLS[func] or "read"
    local timeout = config.database_timeout + GRACE
    local answer, err = threads.run(pool, timeout, "imgfilter.database_thread", "call", conninfo, func, ...)
    local refusal = err and (quotas.of_error(err) or idempotency.of_error(err) or originals.of_error(err))
    if refusal then
        -- an answer, and no sign that the database is unwell
        refusal.refused = true
        return nil, refusal
    end
    if err then
        ngx.log(ngx.ERR, "database: ", func, ": ", err)
        return nil, problems.new("database_unavailable")
    end
    return answer
end

return M
