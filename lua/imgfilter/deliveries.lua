-- /deliveries: what an owner was told, and how it went; POST /deliveries/{id}/replay tells it once more.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local database = require "imgfilter.database"
local keys = require "imgfilter.keys"
local native = require "imgfilter.native"
local orders = require "imgfilter.orders"
local problems = require "imgfilter.problem"
local uuid = require "imgfilter.uuid"

local M = {}

-- The owner whose key came with the request, or the end of the request.
local function owner()
    local caller, problem, challenge = keys.required("notify")
    if not caller then
        return answer.problem(problem, challenge)
    end
    return caller.owner
end

-- What the database says, in full, when `before` was never a `next`. A page itself is too long to be read here.
local REFUSED = '{"refused": "before"}'

-- A page of an owner's as clients read it, or nil and the problem.
local function page(whose)
    local wanted, problem = native.call("read_filter", ngx.var.args or "")
    if not wanted then
        return nil, problem
    end
    local text
    text, problem = database.call("deliveries_of", whose, wanted.filter)
    if not text then
        return nil, problem
    end
    if text == REFUSED then
        local detail = "before is what the page before has as next"
        return nil, problems.new("invalid_parameter", { detail = detail, field = "before" })
    end
    return orders.check("show_deliveries", text)
end

-- The last made first.
function M.list()
    answer.allow("GET", "HEAD")
    local shown, problem = page(owner())
    if not shown then
        return answer.problem(problem)
    end
    return answer.json(200, shown.body)
end

-- Why one is not told again: the words of the database's answer, and what the client is told.
local REFUSALS = {
    busy = { "delivery_busy", "this delivery is under way: ask again" },
    often = { "too_many_requests", "a delivery is tried no more than 20 times within a day", limit = 20,
        retry_after = 3600 },
    code_void = { "not_replayable", "a code is not sent twice: ask for another" },
    sent = { "not_replayable", "this message has arrived, or may have" },
    target_disabled = { "target_state", "its target is disabled: enable it first" },
    target_removed = { "target_state", "its target is no more" },
    target_unverified = { "target_state", "its target is not verified" },
}
local FINAL = { "not_replayable", "this delivery cannot be sent again" }

function M.replay()
    answer.allow("POST")
    local whose = owner()
    local id = ngx.var.uri:match("^/deliveries/([^/]+)/replay$")
    if not id or not uuid.is_one(id) then
        return answer.problem(problems.new("not_found", { detail = "there is no delivery of this id" }))
    end
    local text, problem = database.call("replay_delivery", whose, id:lower())
    if problem then
        return answer.problem(problem)
    end
    if not text then
        return answer.problem(problems.new("not_found", { detail = "there is no delivery of this id" }))
    end
    local refused = cjson.decode(text).refused
    if refused then
        local refusal = REFUSALS[refused] or FINAL
        local more = { detail = refusal[2], limit = refusal.limit, retry_after = refusal.retry_after }
        return answer.problem(problems.new(refusal[1], more))
    end
    return answer.json(202, '{"queued":true}')
end

return M
