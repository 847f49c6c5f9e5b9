-- Idempotency-Key: an upload that is sent again with its key is answered with the task of the first time. The database
-- knows the keys; here are the header and the refusals.

local problems = require "imgfilter.problem"

local M = {}

local LONGEST = 255

local REFUSALS = {
    reused = {
        code = "idempotency_key_reused",
        detail = "this Idempotency-Key came with another image or other options within the last 24 hours",
    },
    ["in use"] = {
        code = "idempotency_key_in_use",
        detail = "another request with this Idempotency-Key was quicker: ask again",
    },
}

-- The key in a header: nil where there is none; or nil and the problem.
function M.key(header)
    if not header then
        return nil
    end
    if #header > LONGEST or not header:match("^[\33-\126]+$") then
        local detail = "Idempotency-Key has 1 to 255 visible characters of ASCII"
        return nil, problems.new("invalid_idempotency_key", { detail = detail, limit = LONGEST })
    end
    return header
end

-- The problem that an error of the database is: nil if it is not about a key.
function M.of_error(err)
    local refusal = REFUSALS[err:match("imgfilter idempotency: (%l[%l ]*)")]
    return refusal and problems.new(refusal.code, { detail = refusal.detail })
end

return M
