-- Quotas: the database decides, in the transaction that takes a task; here its refusals become problems.

local problems = require "imgfilter.problem"

local M = {}

local DAY = 86400

-- What each quota's refusal is called, and what it says of the limit. A day is one of UTC.
local QUOTAS = {
    requests = { code = "requests_quota_exceeded", detail = "%d uploads a day are allowed", daily = true },
    bytes = { code = "bytes_quota_exceeded", detail = "%d bytes a day are allowed", daily = true },
    megapixels = {
        code = "megapixels_quota_exceeded",
        detail = "%d megapixels a day are allowed: all frames of an image, once for each result",
        daily = true,
    },
    open_tasks = { code = "open_tasks_exceeded", detail = "%d tasks may be open at a time" },
}

-- How long an account is refused without asking, in seconds, where any further upload would be refused: of bytes and
-- megapixels a smaller image may still find some left.
local MEMORY = { requests = 30, open_tasks = 1 }

-- Seconds until the next day of UTC.
function M.rest_of_day(now)
    return DAY - now % DAY
end

-- The problem of a quota. It also names the quota and its limit, for `remember`.
function M.problem(quota, limit)
    local known = QUOTAS[quota]
    local problem = problems.new(known.code, {
        detail = string.format(known.detail, limit),
        limit = limit,
        retry_after = known.daily and M.rest_of_day(ngx.time()) or nil,
    })
    problem.quota, problem.limit = quota, limit
    return problem
end

-- The problem that an error of the database is: nil if it is not about a quota.
function M.of_error(err)
    local quota, limit = err:match("imgfilter quota: ([%l_]+) (%d+)")
    if not QUOTAS[quota] then
        return nil
    end
    return M.problem(quota, tonumber(limit))
end

local function place(quota, caller)
    return "spent " .. quota .. (caller.owner and " by " or " at ") .. (caller.owner or caller.client)
end

-- Keeps in mind, for all nginx workers, that a caller was refused.
function M.remember(caller, problem)
    local seconds = MEMORY[problem.quota]
    if seconds then
        seconds = math.min(seconds, M.rest_of_day(ngx.time()))
        ngx.shared.keys:set(place(problem.quota, caller), problem.limit, seconds)
    end
end

-- The problem with which a caller was refused a moment ago and would be again; nil if there is none.
function M.spent(caller)
    for quota in pairs(MEMORY) do
        local limit = caller.quota and caller.quota[quota]
        -- another key of the same owner may have other limits
        if limit and ngx.shared.keys:get(place(quota, caller)) == limit then
            return M.problem(quota, limit)
        end
    end
    return nil
end

return M
