local support = require "lua.spec.support"

local tasks = support.load("imgfilter.tasks", {
    ["imgfilter.answer"] = {}, ["imgfilter.config"] = {}, ["imgfilter.database"] = {}, ["imgfilter.erasure"] = {},
    ["imgfilter.native"] = {}, ["imgfilter.problem"] = {}, ["imgfilter.watch"] = {},
})

describe("the seconds to wait", function()
    it("are a whole number up to the longest", function()
        assert.equal(0, tasks.seconds(nil, 60))
        assert.equal(0, tasks.seconds("0", 60))
        assert.equal(60, tasks.seconds("60", 60))
    end)

    it("are nothing else", function()
        for _, wait in ipairs({ "61", "-1", "1.5", "1e1", "", " 1", "0x10", ("9"):rep(20), true, { "1" } }) do
            assert.is_nil(tasks.seconds(wait, 60), tostring(wait))
        end
    end)
end)

describe("the task of a path", function()
    local ID = "01930000-0000-7000-8000-00000000000A"

    it("is its id in lower case", function()
        assert.equal(ID:lower(), tasks.id_in("/tasks/" .. ID, ""))
        assert.equal(ID:lower(), tasks.id_in("/tasks/" .. ID .. "/events", "/events"))
    end)

    it("is none where anything else stands", function()
        for _, path in ipairs({ "/tasks/", "/tasks/x", "/tasks/" .. ID .. "/", "/tasks/" .. ID .. "/events" }) do
            assert.is_nil(tasks.id_in(path, ""), path)
        end
        for _, path in ipairs({ "/tasks/events", "/tasks/" .. ID, "/tasks/x/events", "/tasks/" .. ID .. "/events/" }) do
            assert.is_nil(tasks.id_in(path, "/events"), path)
        end
    end)
end)
