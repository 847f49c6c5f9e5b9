-- Unlinks what is to leave nginx's cache. Runs on a thread: a thousand files take a disk a while.

local M = {}

-- Unlinks the files of which there are some; their paths, one a line. How many there were.
function M.unlink(paths)
    local count = 0
    for path in paths:gmatch("[^\n]+") do
        if os.remove(path) then
            count = count + 1
        end
    end
    return count
end

return M
