import Testing

@testable import Pipelines

@Suite struct ChunkPlanTests {
    @Test(arguments: [[0..<1], [0..<64], [0..<65], [0..<50, 50..<1000, 1000..<1001]])
    func chunksCoverEveryGroupInOrder(groups: [Range<Int>]) {
        let plan = ChunkPlan(groupRanges: groups)
        #expect(plan.chunkCount == plan.chunks.reduce(0) { count, _ in count + 1 })
        #expect(plan.chunks.map(\.index) == Array(0..<plan.chunkCount))
        for (group, range) in zip(plan.groups, groups) {
            #expect(group.chunks.flatMap { Array($0.frames) } == Array(range))
            #expect(group.chunks.allSatisfy { !$0.frames.isEmpty && $0.frames.count <= ChunkPlan.chunkFrames })
        }
    }

    @Test func aLongGroupIsCutEvenly() {
        let sizes = ChunkPlan(groupRanges: [0..<66]).chunks.map(\.frames.count)
        #expect(sizes == [33, 33])
    }
}
