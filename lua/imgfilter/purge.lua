-- What was revoked or erased goes out of this nginx's cache and memory. The database has a list of it; one timer of the
-- first worker reads on in it, unlinks the files, and tells all workers to forget their links.
--
-- That makes it quick. That a link is dead within IMGFILTER_LINK_MEMORY does not depend on it.

local cjson = require "cjson.safe"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local links = require "imgfilter.links"

local M = {}

-- How often the list is read, and how often each worker looks whether it has to forget something; in seconds.
local INTERVAL = 2
local LOOK = 1

-- Rows at a time.
local BATCH = 1000

-- The list is read twice: at once, and so many seconds later. Who was let through just before may have had the object
-- fetched anew after it was taken out.
local LATER = 180

-- How often everybody was told to forget; shared by all workers.
local TOLD = "purges"

-- Where nginx's cache keeps what it has under a key: levels=1:2.
function M.path(folder, key)
    local name = ngx.md5(key)
    return folder .. "/results/" .. name:sub(-1) .. "/" .. name:sub(-3, -2) .. "/" .. name
end

local function take_out(purged)
    for _, each in ipairs(purged) do
        -- mostly there is none: nobody has asked for it here
        os.remove(M.path(config.cache, each.object))
        if each.link ~= cjson.null then
            ngx.shared.links:delete(each.link)
        end
    end
    if #purged > 0 then
        ngx.shared.edge:incr(TOLD, 1, 0)
    end
end

-- Reads on from a place in the list; the place where it ends.
local function read_on(place, age)
    repeat
        local text = database.call("purged_since", place, age, BATCH)
        local list = text and cjson.decode(text)
        if not list then
            return place
        end
        take_out(list.purged)
        place = list.place
    until #list.purged < BATCH
    return place
end

-- A timer that does its job again and again, one after the other.
local function every(seconds, job)
    local function run(premature)
        if premature then
            return
        end
        local ran, err = pcall(job)
        if not ran then
            ngx.log(ngx.ERR, "purge: ", err)
        end
        ngx.timer.at(seconds, run)
    end
    ngx.timer.at(0, run)
end

local function note_key()
    database.call("note_link_key", config.link_key)
end

-- For each nginx worker, after it was forked.
function M.start()
    local heard = ngx.shared.edge:get(TOLD)
    every(LOOK, function()
        local told = ngx.shared.edge:get(TOLD)
        if told ~= heard then
            heard = told
            links.forget()
        end
    end)
    if ngx.worker.id() == 0 then
        local prompt, late = "", ""
        every(INTERVAL, function()
            prompt = read_on(prompt, 0)
            late = read_on(late, LATER)
        end)
        every(300, note_key)
    end
end

return M
