-- Calls a function for the core, and records the call stack if it fails. Called with the debug library, which
-- no script can access, and the table of built-in names.

local debug, base = ...
local getinfo, getlocal, xpcall, byte, rawget, rawset =
    debug.getinfo, debug.getlocal, xpcall, string.byte, rawget, rawset
local max = math.max

-- The maximum number of recorded levels, and the number of outermost levels in which the source is searched.
local most, last = 24, 8
-- Chunk names of files begin with @, names of internal variables with (.
local file, nameless = 64, 40

-- Returns the depth of nested calls, which may be very large.
local function depth()
    local low, high = 1, 2
    while getinfo(high, "l") do
        low, high = high, high * 2
    end
    while high - low > 1 do
        local middle = (low + high) // 2
        if getinfo(middle, "l") then
            low = middle
        else
            high = middle
        end
    end
    return low - 1
end

-- Stores the variables of the failed source, for later sources.
local function keep(level, variables)
    for index = 1, 250 do
        local name, value = getlocal(level + 1, index)
        if not name then
            return
        end
        if byte(name) ~= nameless and rawget(base, name) == nil then
            rawset(variables, name, value)
        end
    end
end

return function(variables, body, ...)
    local frames = {}
    local function handler(problem)
        local level = 2
        local info = getinfo(level, "Sln")
        while info and #frames < most and info.source ~= "=driver" do
            if byte(info.source) == file then
                frames[#frames + 1] = {
                    source = info.source,
                    short = info.short_src,
                    line = info.currentline,
                    name = info.name,
                    main = info.what == "main",
                    begins = info.linedefined,
                }
            end
            level = level + 1
            info = getinfo(level, "Sln")
        end
        if variables then
            local deepest = depth()
            for at = deepest, max(2, deepest - last), -1 do
                local found = getinfo(at, "f")
                if found and found.func == body then
                    keep(at, variables)
                end
            end
        end
        return problem
    end
    return frames, xpcall(body, handler, ...)
end
