-- Breakers: whether the database and the storage answer, known to all nginx workers.
--
-- After so many failures in a row, none succeeding between, a breaker is open: nobody asks any more, so that requests
-- do not queue up before what does not answer, and uploads are refused before their body is read. Then only a timer
-- (pressure.lua) looks now and then, one in all nginx workers at a time; what succeeds, its look or a call that was
-- under way, closes the breaker. No request is the one to try it out.

local config = require "imgfilter.config"
local metrics = require "imgfilter.metrics"

local M = {}

local Breaker = {}
Breaker.__index = Breaker

-- How long a look may take before another nginx worker takes its turn, in seconds: whoever looked may have died.
local LONGEST_LOOK = 60

-- A time of 0 would be for ever to the dictionary.
local function pause()
    return math.max(config.breaker_pause, 0.001)
end

-- `code` is that of the problem to tell, `errors` the name under which failures are counted.
local function new(name, code, errors)
    return setmetatable({ name = name, code = code, errors = errors, failures = "failures of " .. name,
        turn = "look at " .. name }, Breaker)
end

-- Whether it is known not to answer.
function Breaker:is_open()
    return (ngx.shared.edge:get(self.failures) or 0) >= config.breaker_failures
end

-- It has answered, be it with a refusal.
function Breaker:succeeded()
    local state = ngx.shared.edge
    local failures = state:get(self.failures)
    if not failures then
        return
    end
    state:delete(self.failures)
    if failures >= config.breaker_failures then
        ngx.log(ngx.WARN, "the ", self.name, " answers again")
    end
end

-- It has not answered in time, or could not be reached, or has said that it cannot.
function Breaker:failed()
    metrics.add(self.errors, 1)
    local state = ngx.shared.edge
    if state:incr(self.failures, 1, 0) == config.breaker_failures then
        state:set(self.turn, true, pause())
        ngx.log(ngx.ERR, "the ", self.name, " has failed ", config.breaker_failures,
            " times in a row: it is left alone until it answers again")
    end
end

-- Counts what came of a call.
function Breaker:count(well)
    if well then
        self:succeeded()
    else
        self:failed()
    end
end

-- While it is open, and the pause is over, and nobody else is at it: looks whether it answers, by `look`, which counts
-- what comes of it as any call does.
function Breaker:probe(look)
    local state = ngx.shared.edge
    if not self:is_open() or not state:add(self.turn, true, LONGEST_LOOK) then
        return
    end
    local ran, err = pcall(look)
    if not ran then
        ngx.log(ngx.ERR, self.name, ": ", err)
    end
    state:set(self.turn, true, pause())
end

M.database = new("database", "database_unavailable", "imgfilter_edge_database_errors_total")
M.storage = new("storage", "storage_unavailable", "imgfilter_edge_store_errors_total")

return M
