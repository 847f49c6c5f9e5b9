-- Targets: the database decides whether an address may be told, and how many an owner may have; here its refusals
-- become problems.

local problems = require "imgfilter.problem"

local M = {}

-- How long codes are counted, in seconds.
local DAY = 86400

local function unverified(option)
    local detail = option .. " is no active target of yours: set it with PUT /me/notifications and confirm it first"
    return problems.new("unverified_target", { detail = detail, field = option })
end

local function too_many(limit)
    local detail = "an owner may have " .. limit .. " targets"
    return problems.new("too_many_targets", { detail = detail, field = "targets", limit = tonumber(limit) })
end

local function too_many_codes(whose, limit)
    local place = whose == "owner" and "for an owner" or "to an address"
    local detail = "no more than " .. limit .. " codes are sent " .. place .. " within a day"
    return problems.new("too_many_codes", { detail = detail, limit = tonumber(limit), retry_after = DAY })
end

-- The problem that an error of the database is: nil if it is not about targets.
function M.of_error(err)
    local option = err:match("imgfilter address: (%l+)")
    if option then
        return unverified(option)
    end
    local limit = err:match("imgfilter targets: too many (%d+)")
    if limit then
        return too_many(limit)
    end
    local whose
    whose, limit = err:match("imgfilter codes: (%l+) (%d+)")
    return whose and too_many_codes(whose, limit) or nil
end

return M
