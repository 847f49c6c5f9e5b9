-- GET /healthz: nginx answers. GET /readyz: so does all that an upload needs.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local database = require "imgfilter.database"
local pressure = require "imgfilter.pressure"
local s3 = require "imgfilter.s3"
local trace = require "imgfilter.trace"

local M = {}

function M.alive()
    answer.allow("GET", "HEAD")
    return answer.json(200, '{"status":"ok"}')
end

local function database_ready()
    local ready, problem = database.call("edge_ready")
    return not problem and ready == "true"
end

local function storage_ready()
    local ready, err = s3.ready()
    if not ready then
        trace.log(ngx.ERR, "storage: ", err)
    end
    return ready == true
end

local PARTS = { database = database_ready, storage = storage_ready, spool = pressure.spool_has_room }

function M.ready()
    answer.allow("GET", "HEAD")
    local state, status = { status = "ready" }, 200
    for name, check in pairs(PARTS) do
        local ready = check()
        state[name] = ready and "ready" or "unavailable"
        if not ready then
            state.status, status = "unavailable", 503
        end
    end
    -- It is full for every nginx at once, and questions and downloads go on: no reason to turn away from this one.
    state.queue = pressure.queue_is_full() and "full" or "ready"
    local retry_after = status == 503 and 5 or nil
    return answer.json(status, cjson.encode(state), { ["Retry-After"] = retry_after })
end

return M
