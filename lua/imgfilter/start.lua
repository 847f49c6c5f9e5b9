-- What nginx runs once: in the master process before it forks, and in each worker after, and at its end.

local config = require "imgfilter.config"

local M = {}

-- In the master, which may read secrets that workers may not. An error here keeps nginx from starting, and
-- on a reload keeps the old workers.
function M.master()
    config.load()
    local native = require "imgfilter.native"
    native.initialise(config.native())
    -- loaded now, so that every worker has them from the start and shares their memory
    for _, name in ipairs({
        "again", "answer", "counted", "deliveries", "downloads", "erasure", "events", "filters", "gateway", "health",
        "keys", "links", "metrics_page", "notifications", "purge", "push_key", "tasks", "upload", "uploads",
    }) do
        require("imgfilter." .. name)
    end
    if config.metrics then
        require("imgfilter.metrics").switch_on()
    end
end

function M.worker()
    require("imgfilter.threads").start(config)
    if ngx.worker.id() == 0 then
        require("imgfilter.uploads").start()
    end
    require("imgfilter.pressure").start()
    require("imgfilter.purge").start()
    require("imgfilter.metrics").start()
end

-- When a worker ends.
function M.ended()
    require("imgfilter.metrics").ended()
end

return M
