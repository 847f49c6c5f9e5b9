local support = require "lua.spec.support"

local events = support.load("imgfilter.events", {
    ["imgfilter.answer"] = {}, ["imgfilter.config"] = {}, ["imgfilter.problem"] = {}, ["imgfilter.tasks"] = {},
    ["imgfilter.watch"] = {},
    ["imgfilter.erased"] = { problem = function() return { status = 410, body = '{"code":"gone"}' } end },
})

describe("the version that was seen", function()
    it("is a number that a version can be", function()
        assert.equal(1, events.version_seen("1"))
        assert.equal(12345, events.version_seen("12345"))
    end)

    it("is nothing else", function()
        for _, id in ipairs({ "", "-1", "1.5", "0x1", " 1", "1 2", "abc", ("9"):rep(16), { "1", "2" } }) do
            assert.is_nil(events.version_seen(id), tostring(id))
        end
        assert.is_nil(events.version_seen(nil))
    end)
end)

describe("an event", function()
    it("tells a version of the task on one line", function()
        local told = events.event({ version = 2, ended = false, body = '{"version":2}' })
        assert.equal('id: 2\nevent: task\ndata: {"version":2}\n\n', told)
    end)

    it("is followed by the end of a task that has ended", function()
        local told = events.event({ version = 3, ended = true, body = "{}" })
        assert.equal("id: 3\nevent: task\ndata: {}\n\nevent: end\ndata: {}\n\n", told)
    end)

    it("of an erased task has no number to come again with", function()
        local told = events.event({ version = 2 ^ 53, ended = true, erased = true })
        assert.equal('event: gone\ndata: {"code":"gone"}\n\nevent: end\ndata: {}\n\n', told)
    end)
end)
