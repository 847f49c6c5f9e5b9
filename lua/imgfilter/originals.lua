-- Kept originals: the database decides whether one may be used, in the transaction that takes a task; here its refusals
-- become problems.

local problems = require "imgfilter.problem"

local M = {}

local REFUSALS = {
    gone = { code = "gone", detail = "the original of this image is not kept any more: upload it again" },
    unknown = { code = "not_found", detail = "there is no image of this id" },
}

-- The problem that an error of the database is: nil if it is not about an original.
function M.of_error(err)
    local refusal = REFUSALS[err:match("imgfilter image: (%l+)")]
    return refusal and problems.new(refusal.code, { detail = refusal.detail, field = "image" })
end

return M
