-- One database connection, in a Lua VM that belongs to one thread at a time. Runs on nginx's thread pools, where
-- there is no ngx.log, ngx.var or cosocket; results are plain values, and nothing may throw.

local DBI = require "DBI"

local M = {}

-- The functions that this role may call, with their parameters' types. Each returns one value.
local PARAMETERS = {
    announce = { "text" },
    deliveries_of = { "text", "jsonb" },
    edge_ready = {},
    enable_target = { "text", "uuid" },
    erase_task = { "uuid", "text" },
    foresee = { "jsonb" },
    image_view = { "uuid", "text" },
    key_by_hash = { "text" },
    link_view = { "uuid" },
    note_link_key = { "integer" },
    notifications_view = { "text" },
    purged_since = { "text", "integer", "integer" },
    queue_pressure = { "bigint" },
    replay_delivery = { "text", "uuid" },
    rotate_secret = { "text", "uuid" },
    send_code = { "text", "uuid" },
    set_notifications = { "text", "jsonb", "jsonb" },
    submit_task = { "jsonb" },
    task_view = { "uuid" },
    tasks_since = { "jsonb" },
    verify_target = { "text", "uuid", "text" },
}

local connection
local statements = {}

local function disconnect()
    if connection then
        pcall(connection.close, connection)
    end
    connection, statements = nil, {}
end

local function connect(conninfo)
    if connection and connection:ping() then
        return true
    end
    disconnect()
    -- in place of a database name libpq takes a whole connection string
    local fresh, err = DBI.Connect("PostgreSQL", conninfo)
    if not fresh then
        return nil, err
    end
    fresh:autocommit(true)
    connection = fresh
    return true
end

local function prepare(func)
    local statement = statements[func]
    if statement then
        return statement
    end
    local placeholders = {}
    for index, kind in ipairs(PARAMETERS[func]) do
        placeholders[index] = "$" .. index .. "::" .. kind
    end
    local sql = "select imgfilter." .. func .. "(" .. table.concat(placeholders, ", ") .. ")::text as answer"
    local err
    statement, err = connection:prepare(sql)
    statements[func] = statement
    return statement, err
end

local function attempt(conninfo, func, ...)
    local connected, err = connect(conninfo)
    if not connected then
        return nil, err
    end
    local statement
    statement, err = prepare(func)
    if not statement then
        return nil, err
    end
    local executed
    executed, err = statement:execute(...)
    if not executed then
        return nil, err
    end
    local row = statement:fetch(true)
    return { answer = row and row.answer }
end

local function guarded(...)
    local ran, result, err = pcall(attempt, ...)
    if not ran then
        return nil, tostring(result)
    end
    return result, tostring(err)
end

-- What is told with an error that the database has told, on a connection that is still good.
M.TOLD = "told"

-- Asked after an error only. ping() repeats what libpq believes, and after a server that was stopped at once it still
-- believes in a connection on which a call has just failed.
local function is_lost()
    if not connection then
        return true
    end
    local ran, done = pcall(DBI.Do, connection, "select 1")
    return not (ran and done)
end

-- Calls one SQL function: its value as text, or nil for NULL, and no error; or nil and the error, and TOLD if that is
-- the database's. A connection that turns out to be dead is replaced once: every function may be called twice.
function M.call(conninfo, func, ...)
    local had_connection = connection ~= nil
    local result, err = guarded(conninfo, func, ...)
    local lost = not result and is_lost()
    if lost and had_connection then
        disconnect()
        result, err = guarded(conninfo, func, ...)
        lost = not result and is_lost()
    end
    -- this ngx_lua never collects the garbage of threads' VMs by itself between calls
    collectgarbage("step", 10)
    if not result then
        return nil, err, not lost and M.TOLD or nil
    end
    return result.answer
end

return M
