-- Ids, as they stand in addresses.

local M = {}

local FORM = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"

-- Whether a text is one, in either case.
function M.is_one(text)
    return text:match(FORM) ~= nil
end

return M
