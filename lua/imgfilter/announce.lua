-- Tells workers that a lane has work. Only a hint, which they can do without: debounced over all nginx workers,
-- because a NOTIFY takes a lock of the whole database.

local database = require "imgfilter.database"

local M = {}

-- Time between two announcements of a lane, in seconds.
local PAUSE = 0.05

local function tell(_, lane)
    database.call("announce", lane)
end

-- The first of a burst is told at once, and one more follows for all the others.
function M.lane(lane)
    local said = ngx.shared.edge
    if said:add("announced " .. lane, true, PAUSE) then
        ngx.timer.at(0, tell, lane)
    elseif said:add("to announce " .. lane, true, PAUSE) then
        ngx.timer.at(PAUSE, tell, lane)
    end
end

return M
